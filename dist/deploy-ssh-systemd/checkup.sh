# What the production checklist asks of a host, in one look; the runner judges. Changes nothing, and says nothing of what
# other services keep for themselves: whoever asks may be confined to one.

serve_checkup() { # [SHARE]: where the host has it
  fact now "$(date +%s)"
  fact sshd "$(sshd -T 2>/dev/null </dev/null | grep -E '^(permitrootlogin|passwordauthentication|kbdinteractiveauthentication|port) ')"
  fact listeners "$(ss -Hltnp 2>/dev/null </dev/null | awk '{ who = "-"; if (split($6, part, "\"") > 2) who = part[2]; print $4, who }' | sort -u)"
  fact limits "$(systemctl show "$unit" -p MemoryMax,CPUQuotaPerSecUSec,TimeoutStopUSec,KillSignal,SendSIGKILL 2>/dev/null </dev/null)"
  fact exposure "$(systemd-analyze $manager security --no-pager "$unit" 2>/dev/null </dev/null | sed -n 's/.*exposure level for [^:]*: \([0-9.]*\) .*/\1/p')"
  fact_walls
  fact_logs
  fact_backups
  fact_certificate
  fact mounts "$(awk -v share="${1:-}" '$3 ~ /^nfs4?$/ || (share != "" && $2 == share) { print $2, $3, $4 }' /proc/mounts | sort -u)"
  fact exports "$(cat /etc/exports /etc/exports.d/*.exports 2>/dev/null | sed -e 's/#.*//' -e '/^[[:space:]]*$/d')"
  printf '@ok\n'
}

# Every way by which a host lets in nothing that was not asked for.
fact_walls() {
  if ufw status 2>/dev/null </dev/null | grep -q '^Status: active'; then
    fact wall "ufw $(ufw status verbose | sed -n 's/^Default: \([a-z]*\) (incoming).*/\1/p')"
  elif firewall-cmd -q --state 2>/dev/null; then
    fact wall "firewalld $(firewall-cmd --get-default-zone | xargs -I% firewall-cmd --permanent --zone=% --get-target)"
  elif command -v nft >/dev/null; then
    fact wall "nft $(nft list chains 2>/dev/null | grep -qE 'hook input .*policy drop;' && echo drop || echo accept)"
  elif command -v iptables >/dev/null; then
    fact wall "iptables $(iptables -S INPUT 2>/dev/null | sed -n 's/^-P INPUT //p' | tr '[:upper:]' '[:lower:]')"
  fi
}

# Files that grow, and those of the service that no rule of logrotate names.
fact_logs() {
  # a folder that cannot be read is no folder without large files
  ! large=$(find /var/log -xdev -type f -size +100M ! -path '/var/log/journal/*' 2>/dev/null) || fact big-logs "$large"
  for log in "/var/log/$service"/*.log; do
    [ -e "$log" ] || continue
    grep -qsF "/var/log/$service/" /etc/logrotate.conf /etc/logrotate.d/* && command -v logrotate >/dev/null || fact unrotated "$log"
  done
}

fact_backups() {
  backup_place; has_mark "$place" || return 0
  read_backup "$place"
  fact backup-to "$to"
  fact backups "$(backups | sed 's|.*/||')"
}

# Of the site in front of this service.
fact_certificate() {
  nginx_place; has_mark "$place" || return 0
  pem=$(sed -n 's/^ *ssl_certificate \(.*\);$/\1/p' "$place")
  fact site "${pem:-no certificate}"
  [ -z "$pem" ] || fact certificate "$(sed -n '/^-----BEGIN CERTIFICATE-----/,/^-----END CERTIFICATE-----/p' "$pem" 2>/dev/null)"
}
