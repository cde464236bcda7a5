# A release's folder, whole and durable before it has its name; and the user that it runs as.

# A path below the release's folder.
inside() { # PATH
  case /$1/ in *//*|*/./*|*/../*|*[[:cntrl:]]*) return 1;; esac
}

# The listing has a line for each file: "part MODE BYTES PATH" for what follows it here, "blob MODE NAME PATH" for the store.
serve_release() { # ID BYTES [SHARE], then the listing of so many bytes, then the parts in its order
  number "$2" && { [ -z "${3:-}" ] || share_name "$3"; } || { fail NAME_REFUSED "$2"; exit 1; }
  from=; [ -z "${3:-}" ] || from=$3/releases/$1 # its large files lie there, and here links to them
  new=$dir/releases/.new.$$; before=$dir/releases/$1; same=yes
  mkdir -p "$new" && take "$2" >"$new/.listing" || { rm -rf "$new"; fail RELEASE_FAILED "$new"; exit 1; }
  safe "$1" || { rm -rf "$new"; fail NAME_REFUSED "$1"; exit 1; }
  lay_out 3<&0 <"$new/.listing" || { rm -rf "$new"; exit 1; }
  for file in unit socket drop-in timer; do
    [ $file != unit ] && [ ! -e "$new/$file" ] || has_mark "$new/$file" ||
      { rm -rf "$new"; fail NAME_REFUSED "the $file is not of $dir"; return; }
  done
  units_allowed "$new" ||
    { rm -rf "$new"; fail UNIT_FORBIDDEN "$why"; return; }
  said=$(systems_allowed "$new") || { rm -rf "$new"; fail SYSTEM_FORBIDDEN "$said"; return; }
  if { [ -z "$from" ] && [ ! -e "$new/$service" ]; } || { [ -e "$new/.sums" ] && ! (cd "$new" && sha256sum -c .sums >/dev/null 2>&1); }; then
    while IFS=' ' read -r kind mode what path; do [ "$kind" != blob ] || rm -f "$dir/blobs/$what"; done <"$new/.listing"
    rm -rf "$new"; fail UPLOAD_DAMAGED "$dir/blobs"; return
  fi
  rm -f "$new/.listing" "$new/.sums"
  find "$new" ! -type l -exec sync "$dir/blobs" {} + 2>/dev/null || sync
  if [ -d "$before" ] && [ -n "$same" ]; then
    rm -rf "$new"
  elif [ -d "$before" ]; then
    # the same content as before; what somebody changed on the host meanwhile is put right
    mv -T "$before" "$new.before" && mv -T "$new" "$before"
    rm -rf "$new.before"
  else
    mv -T "$new" "$before"
  fi || { fail RELEASE_FAILED "$before"; return; }
  durable "$dir/releases"
  step released
  printf '@ok\n'
}

lay_out() { # the listing on standard input, the parts on 3 → new, same
  set --; bytes=0
  while IFS=' ' read -r kind mode what path; do
    inside "$path" && case $mode in [0-7][0-7][0-7]) ;; *) false;; esac || { fail NAME_REFUSED "$mode $path"; return 1; }
    # what root will read was looked at: nobody else may ever have it open for writing
    case $path in
      system/backup) must='part 600' ;;
      unit|socket|drop-in|timer|launch|container-image|container-engine|system/*) must='part 644' ;;
      *) must="$kind $mode" ;;
    esac
    [ "$kind $mode" = "$must" ] || { fail NAME_REFUSED "$kind $mode $path"; return 1; }
    case $path in */*) mkdir -p "$new/${path%/*}" || { fail RELEASE_FAILED "$before"; return 1; };; esac
    case $kind in
      part)
        number "$what" || { fail NAME_REFUSED "$what"; return 1; }
        set -- "$@" "$new/$path"; bytes=$((bytes + what))
        [ "$mode" = 644 ] || umask 077
        take "$what" <&3 >"$new/$path" || { fail RELEASE_FAILED "$before"; return 1; }
        umask 022
        case $mode in 600|644) ;; *) chmod "$mode" "$new/$path" || { fail RELEASE_FAILED "$before"; return 1; };; esac
        [ ! -d "$before" ] || [ "$path" = release.json ] || cmp -s "$before/$path" "$new/$path" || same= ;;
      blob)
        store_name "$what" || { fail NAME_REFUSED "$what"; return 1; }
        if [ -n "$from" ]; then
          ln -s "$from/$path" "$new/$path" || { fail RELEASE_FAILED "$before"; return 1; }
          [ "$(readlink "$before/$path" 2>/dev/null)" = "$from/$path" ] || same=
          continue
        fi
        ln "$dir/blobs/$what" "$new/$path" || { fail RELEASE_FAILED "$before"; return 1; }
        # what came in this conversation was hashed as it came
        case $hashed in *" $what "*) ;; *) printf '%s  %s\n' "$sum" "$path" >>"$new/.sums" || { fail RELEASE_FAILED "$before"; return 1; };; esac
        [ "$before/$path" -ef "$new/$path" ] || same= ;;
      *) fail NAME_REFUSED "$kind"; return 1 ;;
    esac
  done
  # of a connection that was cut
  sizes=$(wc -c "$@") && set -- ${sizes##*"$newline"} && [ "$1" -eq "$bytes" ] || { fail RELEASE_FAILED "$before"; return 1; }
  [ ! -d "$new/credentials" ] || chmod 700 "$new/credentials"
}

# The system user of the service, without a login, unless it is there.
serve_user() { # NAME
  safe "$1" || { fail NAME_REFUSED "$1"; return; }
  # where the agent is confined, runners are the users that the service may have
  [ -z "${confined:-}" ] || case ",$runners," in *",$1,"*) ;; *) false;; esac || { fail NAME_REFUSED "$1"; return; }
  if ! id -u "$1" >/dev/null 2>&1; then
    make_user "$1" || { fail USER_FAILED "$1"; return; }
    fact made "$1"
  fi
  printf '@ok\n'
}

make_user() { # NAME
  { useradd --system --user-group --no-create-home --home-dir / --shell /usr/sbin/nologin "$1" ||
    adduser -S -D -H -h / -s /sbin/nologin "$1"; } >/dev/null 2>&1
  id -u "$1" >/dev/null 2>&1
}
