# What stands around a service, for who asks how it is: what of its files for other programs is in force. Their texts are
# among the facts already. Follows system-files.sh in one program; changes nothing.

serve_around() {
  for system in $system_kinds; do
    "${system}_place"
    has_mark "$place" || continue
    case $system in nginx|firewall|rsyslog|backup) "around_$system";; esac
  done
  [ ! -e "$dir/current/on-share" ] || around_share
  printf '@ok\n'
}

# The certificate is that of the site: whoever asks may not look at others.
around_nginx() {
  systemctl --quiet is-active nginx || fact down nginx
  pem=$(sed -n 's/^ *ssl_certificate \(.*\);$/\1/p' "$place")
  [ -z "$pem" ] || fact certificate "$(sed -n '/^-----BEGIN CERTIFICATE-----/,/^-----END CERTIFICATE-----/p' "$pem" 2>/dev/null)"
}

around_firewall() {
  by_tool=$(tool_of "$place")
  case $by_tool in
    nft) nft list table inet "slipway-$service" >/dev/null 2>&1 ;;
    *) each_rule "$place" "${by_tool}_rule" query ;;
  esac || fact down firewall
}

around_rsyslog() { systemctl --quiet is-active rsyslog || fact down rsyslog; }

around_backup() {
  read_backup "$place"
  fact backups "$(backups | sed 's|.*/||')"
  kilobytes=$(timeout 20 du -sk "$to" 2>/dev/null) && fact backups-size "${kilobytes%%[!0-9]*}"
}

# A share that is lost may let whoever looks at it wait for ever.
around_share() {
  share_of_current
  fact share "$share"
  seen=$(timeout -s KILL 10 /bin/sh -c 'ls "$1/nodes" && { [ ! -e "$1/lease" ] || sed "s/^/lease /" "$1/lease"; }' sh "$share" 2>&1) ||
    { fact down share; fact said "$seen"; return 0; }
  fact share-seen "$seen"
}
