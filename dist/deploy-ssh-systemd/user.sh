# Services of a user's own (become: none, and not root): the same by the user's systemd, below the user's home. Follows
# switch.sh in one program.
manager=; boots=multi-user.target; of_unit=--unit; told_by='_PID=1 UNIT'
own_uid=$(id -u)
if [ "$own_uid" != 0 ]; then
  manager=--user; boots=default.target; of_unit=--user-unit; told_by="_UID=$own_uid _COMM=systemd USER_UNIT"
  units=${HOME:=/}/.config/systemd/user
  : "${XDG_RUNTIME_DIR:=/run/user/$own_uid}"; export XDG_RUNTIME_DIR
  systemctl() { command systemctl --user "$@"; }
fi

user_facts() {
  fact own-user "$(id -un)"
  # only where it goes on without a login is it of any use
  fact user-systemd "$(systemctl is-system-running 2>/dev/null)"
  [ -e "/var/lib/systemd/linger/$(id -un)" ] && fact lingers yes
}

# A user's systemd ends with the last login, and the services with it, unless it lingers.
lingering() {
  [ -e "/var/lib/systemd/linger/$(id -un)" ] || loginctl --no-ask-password enable-linger 2>/dev/null
}
