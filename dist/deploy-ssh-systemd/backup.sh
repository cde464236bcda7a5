# What a service has written, kept before another release is switched to: a kind of system file (see system-files.sh), which
# says of what, where and how many. No program reads it but this one: before a switch, and when a person restores.

backup_place() { place=/etc/slipway/backup/$service; }
backup_reload() { return 0; }
backup_look() { return 0; }

backup_check() { # FILE → said
  said=
  [ -e "$1" ] || return 0
  read_backup "$1"
  case $means in
    rsync) set -- rsync ;;
    btrfs) set -- btrfs rsync ;;
    command) set -- ;;
    *) said="it is by $means"; return 1 ;;
  esac
  for command; do command -v "$command" >/dev/null || { said="$command is not installed"; return 1; }; done
  [ "$means" != btrfs ] || said=$(btrfs subvolume show "$paths" 2>&1 >/dev/null) || { said=${said##*"$newline"}; return 1; }
}

read_backup() { # FILE → means, to, keep, seconds, paths
  means=; to=; keep=1; seconds=600; paths=
  while IFS=' ' read -r word value; do
    case $word in by) means=$value;; to) to=$value;; keep) keep=$value;; seconds) seconds=$value;; path) paths="$paths${paths:+ }$value";; esac
  done <"$1"
}

# The folders of the backups, the oldest first. What has another name is not ours.
backups() { ls -d "$to"/[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]T[0-9][0-9][0-9][0-9][0-9][0-9]Z-* 2>/dev/null; }

# Before anything is switched, as the new release says; of the data of the present one.
serve_backup() { # ID
  safe "$1" && [ -e "$dir/releases/$1/system/backup" ] || { fail RELEASE_MISSING "$1"; return; }
  said=$(systems_allowed "$dir/releases/$1") || { fail SYSTEM_FORBIDDEN "$said"; return; }
  old=$(readlink "$dir/current") || { fact kept ''; printf '@ok\n'; return; }
  from=$dir/releases/$1/system/backup
  read_backup "$from"
  new=$to/$(date -u +%Y%m%dT%H%M%SZ)-${old#releases/}; draft=$to/.part
  mkdir -p -m 700 "$to" && drop_backup "$draft" && said=$(make_backup 2>&1) && mv -T "$draft" "$new" && durable "$to" ||
    { drop_backup "$draft"; fail BACKUP_FAILED "$(printf '%s\n' "${said:-$to cannot be written}" | tail -n 5)"; return; }
  backups | head -n "-$keep" | while IFS= read -r folder; do drop_backup "$folder"; done
  fact kept "$new"
  printf '@ok\n'
}

make_backup() { # → $draft, or what is wrong
  if [ "$means" = btrfs ]; then
    in_time btrfs -q subvolume snapshot -r "$paths" "$draft"; return
  fi
  mkdir -m 700 "$draft" || return
  if [ "$means" = command ]; then SLIPWAY_BACKUP=$draft run_part backup; return; fi
  last=$(backups | tail -n 1)
  set -f; set -- ${last:+"--link-dest=$last"}
  for path in $paths; do
    path=$(readlink -f "$path") && set -- "$@" "$path" || { echo "$path is not there"; return 1; }
  done
  # 24: a file went while it was read, as files of a service that runs do
  in_time rsync -aHAXR --numeric-ids "$@" "$draft/" || [ $? -eq 24 ]
}

# Ends what takes longer, by force where it does not end; says so.
in_time() { # COMMAND...
  began=$(date +%s)
  timeout -k 10 "$seconds" "$@" && return
  code=$?
  [ $(($(date +%s) - began)) -lt "$seconds" ] || echo "it took longer than $seconds s"
  return $code
}

# One of its scripts, from a file: nothing of it stands in an argument vector.
run_part() { # backup|restore; $from has them
  sed -n "s/^$1 //p" "$from" >"$state/.script" &&
    SLIPWAY_SERVICE=$service in_time /bin/sh "$state/.script" </dev/null && rm -f "$state/.script" ||
    { code=$?; rm -f "$state/.script"; echo "exit code $code"; return 1; }
}

drop_backup() { # FOLDER
  [ -e "$1" ] || return 0
  if [ "$means" = btrfs ]; then btrfs -q subvolume delete "$1" >/dev/null; else rm -rf "$1"; fi
}

# By a person, as root, without a runner: the newest backup or a named one is put back while the service is stopped.
restore() { # [NAME]
  backup_place; from=$place
  [ -e "$from" ] || { echo "$service has no backups" >&2; return 1; }
  read_backup "$from"
  if [ -n "$1" ]; then kept_one=$to/$1; else kept_one=$(backups | tail -n 1); fi
  [ -n "$kept_one" ] && [ -d "$kept_one" ] && { [ -z "$1" ] || safe "$1"; } ||
    { echo "there is no backup $1 of $service; there are:" $(backups | sed 's|.*/||') >&2; return 1; }
  exec 9>>"$state/lock"
  flock -n 9 || { echo "$service is being deployed: $(cat "$state/holder")" >&2; return 1; }
  holders=$unit; [ ! -e "$units/$socket" ] || holders="$socket $unit"
  starters=$holders
  # a job is started by its timer only, and not meanwhile
  if [ -z "$colour" ] && runs_jobs; then holders="$schedule $unit" starters=$schedule; fi
  systemctl stop $holders
  put_back; good=$?
  systemctl start $starters || good=1
  [ $good -eq 0 ] || { echo "$service: ${kept_one##*/} is not restored, or the service does not start" >&2; return 1; }
  echo "$service: ${kept_one##*/} is restored"
}

put_back() { # $kept_one
  case $means in
    command) SLIPWAY_BACKUP=$kept_one run_part restore ;;
    btrfs) rsync -aHAX --numeric-ids --delete --exclude "${to#"$paths"}" "$kept_one/" "$paths/" ;;
    rsync)
      for path in $paths; do
        path=$(readlink -f "$path" || echo "$path")
        if [ -d "$kept_one$path" ]; then set -- "$kept_one$path/" "$path/"; else set -- "$kept_one$path" "$path"; fi
        mkdir -p "${path%/*}" && rsync -aHAX --numeric-ids --delete "$@" || return
      done ;;
  esac
}
