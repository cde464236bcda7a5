/**
 * What a host is asked, as a POSIX shell script for `sh -s`: systemd's properties of the unit, and the hash of the bytes
 * that its main process runs. Where the system has no such unit, the user's own manager is asked. /proc/PID/exe is the file
 * that was started, also when its path leads elsewhere by now.
 */
export function hostScript(unit: string): string {
  return `unit='${checkedName(unit)}'
LC_ALL=C; export LC_ALL
command -v systemctl >/dev/null || { echo 'Error=systemctl is not on this host'; exit 0; }
${chooseManager}
$s show --property=LoadState,ActiveState,SubState,MainPID,NRestarts,Result,ExecMainStatus,ExecMainCode -- "$unit" </dev/null || { echo 'Error=systemctl show failed'; exit 0; }
pid=$($s show --property=MainPID --value -- "$unit" </dev/null)
case $pid in ''|0|*[!0-9]*) exit 0;; esac
born() { stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1; set -- $(printf '%s' "\${stat##*) }"); shift 19; printf '%s' "$1"; }
start=$(born "$pid") || { echo 'Error=the process ended while it was looked at'; exit 0; }
sum=$(sha256sum "/proc/$pid/exe" 2>&1) || { echo "Error=/proc/$pid/exe cannot be read: \${sum##*: }"; echo Denied=yes; exit 0; }
[ "$(born "$pid")" = "$start" ] || { echo 'Error=the process ended while it was looked at'; exit 0; }
echo "Start=$start"
echo "Exe=$(readlink "/proc/$pid/exe")"
echo "Sha256=\${sum%% *}"
`;
}

/** Sets `s` to the manager that knows the unit, and `j` to the journal's option for it. */
const chooseManager = `s=systemctl; j=--unit
case $(systemctl show --property=LoadState --value -- "$unit" </dev/null) in not-found)
  XDG_RUNTIME_DIR=\${XDG_RUNTIME_DIR:-/run/user/$(id -u)}; export XDG_RUNTIME_DIR
  [ "$(systemctl --user show --property=LoadState --value -- "$unit" 2>/dev/null </dev/null)" != loaded ] || { s='systemctl --user'; j=--user-unit; };;
esac`;

/** The last lines of a unit's journal, as a script for `sh -s`. */
export function journalScript(unit: string): string {
  return `unit='${checkedName(unit)}'
${chooseManager}
exec journalctl "$j=$unit" --lines=40 --output=short-iso --no-pager --quiet </dev/null\n`;
}

function checkedName(unit: string): string {
  if (!/^[A-Za-z0-9:_.@-]+$/.test(unit) || unit.startsWith('-')) throw new Error(`not a unit name: ${unit}`);
  return unit;
}

/** `Key=value` lines as a map; the last of a key wins. */
export function hostAnswer(stdout: string): Record<string, string> {
  const lines = stdout.split('\n').filter(line => line.includes('='));
  return Object.fromEntries(
    lines.map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1).trim()]),
  );
}
