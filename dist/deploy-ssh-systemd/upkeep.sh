# Between deployments: what is there is read, and what is not needed goes.

serve_look() { # SERVICE LINES
  visible "$1" || { fail SERVICE_FORBIDDEN "$why"; return; }
  look_at "$1.service" "$2"
}

serve_manifest() { # ID
  safe "$1" || { fail NAME_REFUSED "$1"; return; }
  [ -e "$dir/releases/$1/release.json" ] || { fail RELEASE_MISSING "$1"; return; }
  fact manifest "$(cat "$dir/releases/$1/release.json")"
  printf '@ok\n'
}

serve_prune() { # ID...
  for id; do
    safe "$id" && [ "$(readlink "$dir/current")" != "releases/$id" ] || continue
    forget_image "$id"
    rm -rf "${dir:?}/releases/$id"
  done
  # what no release links to any more, and parts of what was never sent to its end
  find "$dir/blobs" -type f -links 1 -exec rm -f {} +
  step pruned
  printf '@ok\n'
}

serve_fetch() { # SHA256: of the store, compressed; a fact for each 45 kB
  safe "$1" && [ -f "$dir/blobs/$1" ] || { fail RELEASE_MISSING "$1"; return; }
  gzip -4 -c "$dir/blobs/$1" | base64 | tr -d '\n' | base64 |
    awk '{ line = line $0 } NR % 800 == 0 { print "@fact blob " line; line = "" } END { if (line != "") print "@fact blob " line }'
  printf '@ok\n'
}

# All of a release that is not in the store, PATH and content a fact each; the sizes of what is.
serve_whole() { # ID
  safe "$1" && cd "$dir/releases/$1" 2>/dev/null || { fail RELEASE_MISSING "$1"; return; }
  for path in on-share port-blue port-green unit drop-in socket timer launch environment credentials/* system/*; do
    [ ! -f "$path" ] || printf '@fact part %s\n' "$({ printf '%s\n' "$path"; cat "$path"; } | base64 | tr -d '\n')"
  done
  [ ! -d files ] || fact sizes "$(find -L files -type f -exec stat -c '%s %n' {} +)"
  cd /
  printf '@ok\n'
}

# All that is ours goes, and the service with it. What it wrote itself stays, and so does what others put here.
serve_remove() {
  [ -d "$state" ] || { fail DIRECTORY_FOREIGN "$dir"; return; }
  [ ! -e "$units/$unit" ] || is_ours "$unit" || { fail UNIT_FOREIGN "$units/$unit"; return; }
  said= to=
  backup_place; ! has_mark "$place" || read_backup "$place"
  revert_to_none ''
  for release in "$dir/releases"/*; do forget_image "${release##*/}"; done
  rm -rf "${dir:?}/releases" "$dir/blobs" "$dir/current"
  for system in $system_kinds; do "${system}_place"; ! has_mark "$place" || fact left "$place, as $said"; done
  for left in "$dir"/* "$units/$unit.d" "/var/lib/$service" "/var/log/$service" "/var/cache/$service"; do
    [ "$left" = "$state" ] || [ ! -e "$left" ] || fact left "$left"
  done
  [ -z "$to" ] || [ -z "$(backups)" ] || fact left "$to"
  ! certified || fact left "its certificate (certbot delete --cert-name slipway-$service)"
  rm -rf "$state" "$live"; rmdir "$dir" 2>/dev/null
  printf '@ok\n'
}
