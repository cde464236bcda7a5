# A certificate by certbot, which answers the authority through nginx: every site of ours has on its plain port what
# certbot writes into $challenges. Its own timer renews it.
challenges=/var/lib/slipway/acme

# For names that no site of ours has yet there is one for as long as it takes: a kind of system file that no release has.
acme_place() { place=/etc/nginx/conf.d/slipway-$service.acme.conf; }
acme_check() { nginx_check "$@"; }
acme_reload() { nginx_reload; }

certified() { [ -e "/etc/letsencrypt/live/slipway-$service/fullchain.pem" ]; }

serve_certify() { # SERVER PORT EMAIL NAME...: EMAIL may be empty
  number "$2" || { fail NAME_REFUSED "$2"; return; }
  asked=$(printf '%s\n' "$@")
  said=$(words_allowed certbot "$asked") || { fail SYSTEM_FORBIDDEN "$said"; return; }
  if certified && [ "$(cat "$state/certified" 2>/dev/null)" = "$asked" ]; then printf '@ok\n'; return; fi
  command -v certbot >/dev/null || { fail CERTBOT_FAILED 'certbot is not installed'; return; }
  server=$1 email=$3 known=$(sed -n 1p "$state/certified" 2>/dev/null)
  lead_there "$2" "$@" || { fail CERTBOT_FAILED "$said"; return; }
  shift 3
  count=$#
  for name; do set -- "$@" -d "$name"; done
  shift $count
  if [ -n "$email" ]; then set -- "$@" -m "$email"; else set -- "$@" --register-unsafely-without-email; fi
  # of another authority the one that is there would do
  [ -z "$known" ] || [ "$known" = "$server" ] || set -- "$@" --force-renewal
  output=$(certbot certonly --non-interactive --agree-tos --server "$server" --cert-name "slipway-$service" --webroot -w "$challenges" \
    --keep-until-expiring --renew-with-new-domains --deploy-hook 'systemctl reload nginx' "$@" 2>&1 </dev/null); issued=$?
  system=acme; put_system_file /nowhere ''
  [ $issued -eq 0 ] || { fail CERTBOT_FAILED "$(printf '%s\n' "$output" | grep -v -e '^$' -e '^Saving debug log' -e '^Ask for help' | tail -n 12)"; return; }
  printf '%s\n' "$asked" >"$state/.certified" && mv -T "$state/.certified" "$state/certified"
  step certified
  fact issued yes
  printf '@ok\n'
}

# Whoever asks on the plain port for a name that none of our sites has there is led to the challenges.
lead_there() { # PORT, then the words of serve_certify → said
  mkdir -p "$challenges" || { said="writing $challenges"; return 1; }
  port=$1 fresh=; shift 4
  nginx_place
  served=
  ! grep -q "^ *listen $port;$" "$place" 2>/dev/null || served=$(sed -n 's/^ *server_name \(.*\);$/\1/p' "$place" | tr '\n' ' ')
  for name; do
    case " $served " in *" $name "*) ;; *) fresh="$fresh $name";; esac
  done
  [ -n "$fresh" ] || return 0
  six=; [ ! -e /proc/net/if_inet6 ] || six=" listen [::]:$port;"
  printf '# X-Slipway=%s\nserver {\n    listen %s;%s\n    server_name%s;\n    location ^~ /.well-known/acme-challenge/ { root %s; }\n    location / { return 404; }\n}\n' \
    "$dir" "$port" "$six" "$fresh" "$challenges" >"$state/.acme" || { said="writing $state/.acme"; return 1; }
  system=acme; put_system_file "$state/.acme" ''; there=$?
  rm -f "$state/.acme"
  return $there
}
