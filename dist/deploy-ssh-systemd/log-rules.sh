# What becomes of a service's logs: two kinds of system files (see system-files.sh).

logrotate_place() { place=/etc/logrotate.d/slipway-$service; }

# All rules together, as a file may stand in one of them only; what it finds wrong without this one is not ours.
logrotate_check() { # FILE → said
  [ -e "$1" ] || return 0
  command -v logrotate >/dev/null || { said='logrotate is not installed'; return 1; }
  trial=$(mktemp -d) && mkdir "$trial/rules" && cp -a /etc/logrotate.d/. "$trial/rules" && rm -f "$trial/rules/${place##*/}" &&
    sed "s|^include  *\"*/etc/logrotate.d/*\"* *$|include $trial/rules|" /etc/logrotate.conf >"$trial/conf" &&
    logrotate -d "$trial/conf" >"$trial/before" 2>&1; cp "$1" "$trial/rules/${place##*/}" ||
    { said='the folder for temporary files cannot be written'; return 1; }
  logrotate -d "$trial/conf" >"$trial/with" 2>&1
  said=$(grep '^error: ' "$trial/with" | grep -vxFf "$trial/before" | sed 's/^error: //' | head -n 1)
  grep -qxF "reading config file ${place##*/}" "$trial/with" || said="logrotate does not read $place: /etc/logrotate.conf does not include /etc/logrotate.d"
  rm -rf "$trial"
  [ -z "$said" ]
}

logrotate_reload() { :; } # it is started anew each time
logrotate_look() { :; }

rsyslog_place() { place=/etc/rsyslog.d/30-slipway-$service.conf; }

rsyslog_check() { # FILE → said
  [ -e "$1" ] || return 0
  command -v rsyslogd >/dev/null || { said='rsyslog is not installed'; return 1; }
  trial=$(mktemp -d) && mkdir "$trial/rules" && cp -a /etc/rsyslog.d/. "$trial/rules" && rm -f "$trial/rules/${place##*/}" &&
    cp "$1" "$trial/rules/${place##*/}" && sed "s|/etc/rsyslog\.d/|$trial/rules/|g" /etc/rsyslog.conf >"$trial/conf" ||
    { said='the folder for temporary files cannot be written'; return 1; }
  said=$(rsyslogd -N1 -f "$trial/conf" 2>&1); taken=$?
  said=$(printf '%s\n' "$said" | sed -n "s|^rsyslogd: error|error|; s|$trial/rules/|/etc/rsyslog.d/|g; s|$trial/conf|/etc/rsyslog.conf|g; /^error/p" | head -n 1)
  if [ $taken -eq 0 ] && ! grep -q "$trial/rules/" "$trial/conf"; then
    said="rsyslogd does not read $place: /etc/rsyslog.conf includes no /etc/rsyslog.d/*.conf"; taken=1
  fi
  rm -rf "$trial"
  return $taken
}

# It reads its rules when it is started only; what is said meanwhile waits in the socket of systemd.
rsyslog_reload() { # → said
  systemctl --quiet is-active rsyslog || return 0
  systemctl reset-failed rsyslog 2>/dev/null # deployments are no crash loop
  said=$(systemctl restart rsyslog 2>&1)
}

rsyslog_look() { ! systemctl --quiet is-active rsyslog || fact active yes; }
