# Files for the store of the host: whole and with the right hash, or not there; what was cut goes on later.

take() { # BYTES: exactly so many of standard input
  [ "$1" -lt 65536 ] || dd bs=65536 count=$(($1 / 65536)) iflag=fullblock 2>/dev/null
  [ $(($1 % 65536)) -eq 0 ] || dd bs=$(($1 % 65536)) count=1 iflag=fullblock 2>/dev/null
}

# A name in the store: the content's sha256, and for all but programs (755) the mode, as links share it.
store_name() { # NAME → sum mode
  safe "$1" || return 1
  sum=${1%%.*}; case $1 in *.*) mode=${1#*.};; *) mode=755;; esac
  [ ${#sum} -eq 64 ] && case $mode in [0-7][0-7][0-7]) ;; *) false;; esac
}

# What is not read now would be taken for the next request: after an error the conversation is over.
serve_upload() { # then for each file a line NAME OFFSET SIZE zstd|gzip, parts (a line BYTES, then so many), a line 0; a line "end"
  growing
  while IFS=' ' read -r name offset size packed; do
    [ "$name" != end ] || { printf '@ok\n'; return; }
    store_name "$name" && number "$offset" && number "$size" || { fail NAME_REFUSED "$name $offset $size"; exit 1; }
    take_blob || exit 1
  done
}

take_blob() { # name sum mode offset size packed: what came before a cut stays as .part.NAME
  part=$dir/blobs/.part.$name
  [ "$offset" -gt 0 ] || (umask 077; : >"$part") || { fail UPLOAD_FAILED "writing $part"; return 1; }
  [ "$offset" -eq 0 ] || [ "$(wc -c <"$part")" -eq "$offset" ] || { fail UPLOAD_FAILED "$part has not $offset bytes"; return 1; }
  # written and hashed as it comes: what tee could not write, the length shows
  is=$({ [ "$offset" -eq 0 ] || cat "$part"; take_parts | unpack | tee -a "$part"; } 2>/dev/null | sha256sum); is=${is%% *}
  [ "$(wc -c <"$part")" -eq "$size" ] || { give_way; fail UPLOAD_FAILED "writing $part"; return 1; }
  [ "$is" = "$sum" ] || { rm -f "$part"; fail UPLOAD_DAMAGED "sha256 $is"; return 1; }
  # it was hashed before this, and nobody writes to it any more
  [ ! -d "$state" ] || : >"$state/.sum.$name"
  # not durable yet: the release is
  chmod "$mode" "$part" && mv -T "$part" "$dir/blobs/$name" || { fail UPLOAD_FAILED "$dir/blobs/$name"; return 1; }
  hashed="$hashed $name "
  step uploaded
}

unpack() { case $packed in zstd) zstd -dcq;; *) gzip -dc;; esac; }

# An end before the line 0 is a cut: between two parts, while the next one is made, it is the likely one.
take_parts() {
  while read -r bytes && number "$bytes" && [ "$bytes" -gt 0 ]; do take "$bytes" || return; done
}

# The same upload when it is not wanted: the runner ends it as soon as it knows.
pass_over_upload() {
  while IFS=' ' read -r name rest && [ "$name" != end ]; do take_parts >/dev/null; done
}

# On a full disk a part helps nobody; of a cut connection it is what the next one goes on from.
give_way() {
  { printf '%4096s' '' >"$part.room"; } 2>/dev/null || rm -f "$part"
  rm -f "$part.room"
}
