// What people type instead: each target by `go build`, `ko build` of all, scp and `systemctl restart`, curl.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensurePackages } from '../../scripts/lab/apt.mjs';
import * as lab from '../../scripts/lab/host.mjs';
import { flags } from '../cross/stage.mjs';
import { koOf } from '../image/ko.mjs';
import { mustServe, targets } from './places.mjs';

const unit = `[Unit]
Description=service
[Service]
ExecStart=/opt/service/service
[Install]
WantedBy=multi-user.target
`;

export async function bareCommands(stage, host, { progress }) {
  await ensurePackages(['openssh-client', 'curl']);
  const { code, stderr } = await lab.exec(host.name, ['mkdir', '-p', '/opt/service']);
  if (code !== 0) throw new Error(stderr);
  writeFileSync(join(host.root, 'etc/systemd/system/service.service'), unit);
  await lab.exec(host.name, ['systemctl', 'daemon-reload']);
  const ko = await koOf(stage, { progress, wanted: targets });
  const repository = stage.repository();
  const options = [
    '-i',
    host.privateKey,
    '-o',
    `UserKnownHostsFile=${host.knownHosts}`,
    '-o',
    'IdentitiesOnly=yes',
    '-o',
    'BatchMode=yes',
  ];
  const place = `${host.user}@${host.address}`;
  const program = target => join(stage.folder, `bare-${target.replaceAll('/', '-')}`);
  const install =
    'sudo install -m 755 /tmp/service.new /opt/service/service.new && sudo mv /opt/service/service.new /opt/service/service && sudo systemctl restart service';

  async function goBuild() {
    let seconds = 0;
    for (const target of targets) {
      const [GOOS, GOARCH, variant] = target.split('/');
      const more = { CGO_ENABLED: '0', GOOS, GOARCH, ...(variant && { GOARM: variant.slice(1) }) };
      const env = { ...stage.env({ cache: stage.warmCache }), ...more };
      const argv = [
        stage.go,
        'build',
        flags.trimpath,
        flags.vcs,
        '-ldflags',
        flags.ldflags,
        '-o',
        program(target),
        '.',
      ];
      seconds += (await stage.timed(argv, { env })).seconds;
    }
    return seconds;
  }

  async function toHost() {
    const copied = await stage.timed([
      'scp',
      '-q',
      ...options,
      '-P',
      String(host.port),
      program('linux/amd64'),
      `${place}:/tmp/service.new`,
    ]);
    const restarted = await stage.timed(['ssh', ...options, '-p', String(host.port), place, install]);
    return copied.seconds + restarted.seconds;
  }

  /** Until it answers: systemctl returns as soon as the program is started. */
  async function curl() {
    const url = `http://${host.address}:8080/`;
    const argv = [
      'curl',
      '-sf',
      '--retry',
      '50',
      '--retry-delay',
      '0',
      '--retry-connrefused',
      '--retry-max-time',
      '10',
      url,
    ];
    return (await stage.timed(argv)).seconds;
  }

  return {
    ko: ko.program,
    async run(note) {
      let sum = note('  go build', await goBuild());
      sum += note('  ko build', await ko.build(repository));
      sum += note('  scp and systemctl restart', await toHost());
      sum += note('  curl', await curl());
      await mustServe(stage, host);
      return note('bare commands', sum);
    },
  };
}
