import type { Deployment, ReleaseRecord } from '../../record/schema.ts';
import { shellWord } from '../shell.ts';
import { latest } from '../verdict.ts';
import type { Proof, ProofGroup } from './proof.ts';

/** Hosts and pods: what runs there is what was built. Only places that should serve this release. */
export function placeProofs(record: ReleaseRecord): ProofGroup[] {
  const serving = latest(record).filter(({ state }) => state === 'healthy' || state === 'unchanged');
  return [
    {
      title: 'Hosts',
      place: 'anywhere',
      needs: "ssh; and sudo there, unless it is a service of the user's own",
      proofs: serving.filter(({ kind }) => kind === 'ssh-systemd').flatMap(hostProofs),
    },
    {
      title: 'Clusters',
      place: 'anywhere',
      needs: 'kubectl',
      proofs: serving.filter(({ kind }) => kind === 'kubernetes').flatMap(clusterProofs),
    },
  ];
}

function hostProofs({ place, service, binary, image, evidence }: Deployment): Proof[] {
  const unit = shellWord(instanceOf(service, evidence));
  const own = isUsersOwn(evidence);
  const systemctl = own ? 'XDG_RUNTIME_DIR=/run/user/$(id -u) systemctl --user' : 'systemctl';
  const on = (command: string) => `ssh ${shellWord(`ssh://${place}`)} ${shellWord(command)}`;
  return [
    ...(binary === undefined
      ? []
      : [
          {
            claim: `${isJob(evidence) ? 'What the timer starts' : 'The process'} of ${service} at ${place} is the recorded binary.`,
            command: on(
              isJob(evidence)
                ? `${own ? '' : 'sudo '}sha256sum $(${systemctl} show --property=ExecStart --value -- ${unit} | sed "s/^{ path=//; s/ ;.*//")`
                : `${own ? '' : 'sudo '}sha256sum /proc/$(${systemctl} show --property=MainPID --value -- ${unit})/exe`,
            ),
            prints: [binary],
          },
        ]),
    ...(image === undefined
      ? []
      : [
          {
            claim: `The container of ${service} at ${place} is of the recorded image.`,
            command: on(
              `e=podman; command -v $e >/dev/null || e=docker; sudo $e image inspect --format '{{range .RepoDigests}}{{println .}}{{end}}' $(sudo $e container inspect --format '{{.Image}}' ${shellWord(`slipway-${instanceOf(service, evidence)}`)})`,
            ),
            prints: [image],
          },
        ]),
    {
      claim: `systemd at ${place} calls ${isJob(evidence) ? `the timer of ${service}` : service} active.`,
      command: on(`${systemctl} is-active -- ${isJob(evidence) ? shellWord(`${service}.timer`) : unit}`),
      prints: ['active'],
    },
  ];
}

/** A timer starts it, and it ends by itself. */
function isJob({ timer }: Deployment['evidence']): boolean {
  return timer !== undefined;
}

/** Of a service that has two instances, the one that serves. */
function instanceOf(service: string, evidence: Deployment['evidence']): string {
  const instances = ['blue', 'green'].map(colour => `${service}-${colour}`);
  return instances.find(one => unitPaths(evidence).some(path => path.endsWith(`/${one}.service`))) ?? service;
}

/** A service of a user's own systemd has its unit below the home folder. */
function isUsersOwn(evidence: Deployment['evidence']): boolean {
  return unitPaths(evidence).some(path => path.includes('/.config/systemd/user/'));
}

function unitPaths({ unitFiles }: Deployment['evidence']): string[] {
  return Array.isArray(unitFiles) ? unitFiles.map(one => String((one as { path?: unknown } | null)?.path)) : [];
}

function clusterProofs({ place, service, image, evidence }: Deployment): Proof[] {
  const slash = place.lastIndexOf('/');
  const get = [
    'kubectl',
    `--context=${shellWord(place.slice(0, slash))}`,
    `--namespace=${shellWord(place.slice(slash + 1))}`,
    'get',
  ].join(' ');
  const ids = podImages(evidence);
  return [
    ...(image === undefined
      ? []
      : [
          {
            claim: `${service} in ${place} asks for the recorded digest.`,
            command: `${get} --output=jsonpath='{.spec.template.spec.containers[*].image}' -- ${shellWord(service)}`,
            prints: [image],
          },
        ]),
    ...(ids.length === 0
      ? []
      : [
          {
            claim: `The pods in ${place} run what was pulled by that digest.`,
            command: `${get} pods --output=jsonpath='{range .items[*]}{.metadata.name} {.status.containerStatuses[*].imageID}{"\\n"}{end}'`,
            prints: ids,
          },
        ]),
  ];
}

/** The imageIDs that the deployment saw; an index, a platform or a configuration, as the runtime has it. */
function podImages({ pods }: Deployment['evidence']): string[] {
  const seen = Array.isArray(pods) ? pods.map(pod => (pod as { imageID?: unknown } | null)?.imageID) : [];
  return [...new Set(seen.filter(id => typeof id === 'string'))];
}

/** Endpoints: the same request, once more. */
export function healthProofs({ verification }: ReleaseRecord): ProofGroup {
  const asked = (verification?.checks ?? []).filter(
    ({ kind, verdict, name }) => kind === 'check' && verdict === 'passed' && isUrl(name),
  );
  return {
    title: 'Health',
    place: 'anywhere',
    needs: 'curl, and a way to the endpoints',
    proofs: asked.map(({ name, ...check }) => ({
      claim: `${name} answers as it did.`,
      command: `curl --silent --show-error --output /dev/null --write-out '%{http_code}\\n' ${shellWord(name)}`,
      prints: statusOf(check['evidence']),
    })),
  };
}

const isUrl = (name: string) => /^https?:\/\//.test(name) && URL.canParse(name);

function statusOf(evidence: unknown): string[] {
  const status = (evidence as { status?: unknown } | undefined)?.status;
  return typeof status === 'number' ? [String(status)] : [];
}
