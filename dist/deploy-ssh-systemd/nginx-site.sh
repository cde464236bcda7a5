# The site of a service: a kind of system file (see system-files.sh).

nginx_sites=/etc/nginx/conf.d nginx_kind=
nginx_place() { place=$nginx_sites/${nginx_kind}slipway-$service.conf; }
of_nginx() { case $1 in *', of nginx.service') ;; *) false;; esac; } # HOLDER of a port

# nginx looks at its whole configuration, with the site in it, in a mount namespace of its own.
nginx_check() { # FILE → said
  command -v nginx >/dev/null || { said='nginx is not installed'; return 1; }
  # DSM has this folder; a system update may have taken it away
  [ "$nginx_kind" != http. ] || mkdir -p $nginx_sites
  [ -d $nginx_sites ] || { said="there is no $nginx_sites"; return 1; }
  # that of a run which was cut off while certbot asked goes with the next switch
  trial=$(mktemp -d) && cp -a $nginx_sites/. "$trial" && rm -f "$trial/${place##*/}" "$trial/slipway-$service.acme.conf" &&
    { [ ! -e "$1" ] || cp "$1" "$trial/${place##*/}"; } || { said='the folder for temporary files cannot be written'; return 1; }
  said=$(unshare -m /bin/sh -c 'mount --bind "$1" "$2" && exec nginx -T' sh "$trial" $nginx_sites 2>&1 >"$trial/.read"); taken=$?
  said=$(printf '%s\n' "$said" | grep -v -e 'syntax is ok$' -e 'test is successful$')
  if [ $taken -eq 0 ] && [ -e "$1" ]; then
    # by this path, or by one that leads there
    if ! grep -q "^# configuration file .*/${place##*/}:\$" "$trial/.read"; then
      said="nginx does not read $place: its nginx.conf includes no conf.d/$nginx_kind*.conf"; taken=1
    elif shadowed "$1"; then
      taken=1
    fi
  fi
  rm -rf "$trial"
  return $taken
}

# Of two sites with the same name on the same port nginx takes one, and only warns.
shadowed() { # FILE; said: what nginx warned of → said
  names=$(sed -n 's/^ *server_name \(.*\);$/\1/p' "$1")
  for name in $names; do
    case $said in *"conflicting server name \"$name\""*) said="another site has the server name $name on the same port"; return;; esac
  done
  return 1
}

nginx_reload() { # → said
  systemctl --quiet is-active nginx || return 0 # it reads it when it is started
  workers=$(children nginx)
  said=$(systemctl reload nginx 2>&1) && has_read nginx
}

# What the runner wants to know before: ports of the site that another program has, and the certificate.
nginx_look() { # PORTS CERTIFICATE; the site in $tried/text
  ! systemctl --quiet is-active nginx || fact active yes
  ! command -v certbot >/dev/null || fact certbot yes
  for asked in $1; do
    number "$asked" || continue
    holder=$(holder_of "$asked")
    [ -z "$holder" ] || of_nginx "$holder" || fact held "$asked $holder"
  done
  # of the site only: whoever asks may not look at others
  [ -z "${2:-}" ] || ! grep -qF "ssl_certificate $2;" "$tried/text" || fact certificate "$(sed -n '/^-----BEGIN CERTIFICATE-----/,/^-----END CERTIFICATE-----/p' "$2" 2>/dev/null)"
}
