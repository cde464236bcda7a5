import { stringify } from 'yaml';
import { parseQuantity } from '../../core/kubernetes/quantity.ts';
import type { Given } from './render.ts';
import type { Settings } from './settings.ts';
import { head, indented, labels, parts } from './text.ts';

/** The pods: hardened as Pod Security "restricted" wants it, with probes, limits and a graceful end. */
export function deploymentFile(settings: Settings, given: Given): string {
  const { name, replicas } = settings;
  const fixed = replicas.least === replicas.most;
  return `${parts(
    head('apps/v1', 'Deployment', name, 'keeps pods that are all alike, and replaces them by a rolling update'),
    labels(name, 2),
    '# What is wanted.\nspec:',
    fixed
      ? `  replicas: ${replicas.least} # pods; with a range such as 2-6 an autoscaler decides`
      : '  # No "replicas" here: they belong to the autoscaler of hpa.yaml.',
    `  revisionHistoryLimit: 3 # former releases that are kept for a rollback
  progressDeadlineSeconds: 120 # longer without progress is a failed rollout
  # Which pods are its own; cannot be changed later.
  selector:
${labels(name, 4, 'matchLabels', 'All pods with these labels.')}
  # How pods are replaced.
  strategy:
    type: RollingUpdate # a few at a time, never all at once
    # How many at a time.
    rollingUpdate:
      maxSurge: 1 # one new pod more than wanted
      maxUnavailable: 0 # an old pod ends only when a new one is ready
  # What each pod is made from.
  template:
    # What each pod is called by.
    metadata:
${labels(name, 6)}
        app.kubernetes.io/part-of: ${name} # stays also on a canary’s pods; networkpolicy.yaml goes by it`,
    scraping(settings),
    `    # What runs in each pod.
    spec:
      serviceAccountName: ${name} # of serviceaccount.yaml
      automountServiceAccountToken: false # no token of the API server in the pod
      enableServiceLinks: false # no variable for each Service of the namespace
      terminationGracePeriodSeconds: 30 # preStop (5) and what the program needs to end its requests (25), then SIGKILL
      # Pods on different nodes, where there are several.
      topologySpreadConstraints:
        # One rule.
        - maxSkew: 1 # no node has two pods more than another
          topologyKey: kubernetes.io/hostname # counted by node
          whenUnsatisfiable: ScheduleAnyway # better two on a node than one less
          # Which pods are counted.
          labelSelector:
${labels(name, 12, 'matchLabels', 'All with these labels.')}
      # Who the processes are.
      securityContext:
        runAsNonRoot: true # an image that starts as root is refused
        runAsUser: 65532 # the user "nonroot" of distroless images, whatever the image says
        runAsGroup: 65532 # and its group`,
    settings.port < 1024 || (settings.metrics?.port ?? 1024) < 1024 ? lowPorts(settings) : undefined,
    `        # Which system calls are allowed.
        seccompProfile:
          type: RuntimeDefault # those that ordinary programs need
      # The only place that can be written, since the root file system cannot.
      volumes:
        # Gone with the pod.
        - name: tmp # as volumeMounts calls it
          # A folder on the node’s disk.
          emptyDir:
            sizeLimit: 64Mi # a pod that writes more is evicted
      # The programs; a release needs this one only.
      containers:`,
    indented(container(settings, given), 8),
  )}\n`;
}

function scraping({ metrics, port }: Settings): string | undefined {
  return (
    metrics &&
    `      # What Prometheus looks for.
      annotations:
        prometheus.io/scrape: "true" # ask this pod
        prometheus.io/port: "${metrics.port ?? port}" # at this port
        prometheus.io/path: ${value(metrics.path)} # for this`
  );
}

/** https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted allows this one. */
function lowPorts({ port, metrics }: Settings): string {
  const lowest = Math.min(port, metrics?.port ?? port);
  return `        # Settings of the pod’s own network.
        sysctls:
          # Ports below 1024 are root’s otherwise.
          - name: net.ipv4.ip_unprivileged_port_start # first port that anybody may open
            value: "${lowest}" # the lowest one that is opened`;
}

function container(
  { name, port, metrics, cpu, memory, health, ready }: Settings,
  { image, memoryLimit }: Given,
): string {
  return parts(
    `# The program itself.
- name: ${name} # what logs and releases call it
  image: ${value(image ?? `registry.example/${name}:replaced-by-the-release`)} # a release puts the digest that was pushed in place of this
  # Where it listens.
  ports:
    # Users’ requests.
    - name: http # what probes and the Service call it
      containerPort: ${port} # the program’s own port`,
    metrics?.port !== undefined &&
      `    # Prometheus’ requests.
    - name: metrics # what networkpolicy.yaml calls it
      containerPort: ${metrics.port} # a port of its own, which no Service leads to`,
    `  # Variables of its environment.
  env:
    # Threads that run Go code: as many as CPUs may be used. Go before 1.25 counts the node’s otherwise.
    - name: GOMAXPROCS # read by the Go runtime
      # Taken from the limit below, rounded up.
      valueFrom:
        # A number of this container’s.
        resourceFieldRef:
          resource: limits.cpu # the CPUs that it may use
          divisor: "1" # counted in whole ones
    # From here on Go collects garbage harder, before the kernel kills the pod for its memory.
    - name: GOMEMLIMIT # read by the Go runtime
      value: ${goMemory(memoryLimit)} # 90 % of the memory limit below; a rerun of scaffold makes it follow
  # How much it needs and how much it may use.
  resources:
    # What the scheduler sets aside on a node.
    requests:
      cpu: ${value(cpu.request)} # share of CPUs when the node is busy; hpa.yaml counts in it
      memory: ${value(memory.request)} # what it needs at ordinary times
    # What it can never exceed.
    limits:
      cpu: ${value(cpu.limit)} # above it is slowed down
      memory: ${value(memory.limit)} # above it is killed
  # Until it has started, nothing else is asked.
  startupProbe:
${handler(health)}
    periodSeconds: 1 # asked each second
    failureThreshold: 60 # a program that needs more than a minute is started again
  # Whether it gets requests.
  readinessProbe:
${handler(ready)}
    periodSeconds: 2 # asked every two seconds
    timeoutSeconds: 1 # a later answer is none
    failureThreshold: 2 # after two failures it gets no more requests, until it answers again
  # Whether it is stuck.
  livenessProbe:
${handler(health)}
    periodSeconds: 10 # asked every ten seconds
    timeoutSeconds: 2 # a later answer is none
    failureThreshold: 3 # after half a minute of failures it is started again
  # What is done at its ends.
  lifecycle:
    # Before SIGTERM.
    preStop:
      # Needs no program in the image (Kubernetes 1.30 and later).
      sleep:
        seconds: 5 # endpoints and routes hear of a stopping pod a moment after the pod does
  # What it may do on the node: nothing but compute and use the network.
  securityContext:
    allowPrivilegeEscalation: false # setuid programs gain nothing
    readOnlyRootFilesystem: true # nothing is changed in the image’s files
    # Parts of root’s power.
    capabilities:
      # Those taken away.
      drop:
        - ALL # every one
  # What can be written.
  volumeMounts:
    # For uploads and the like.
    - name: tmp # the volume above
      mountPath: /tmp # where programs look for it`,
  );
}

function handler(path: string | undefined): string {
  return path === undefined
    ? `    # Only connected to; \`health\` of scaffold gives a path to ask.
    tcpSocket:
      port: http # the port above`
    : `    # Any answer from 200 to 399 is good.
    httpGet:
      path: ${value(path)} # what is asked
      port: http # at the port above`;
}

/** 90 % in whole MiB: the rest is for stacks of C code, the kernel’s buffers and the binary itself. */
export function goMemory(limit: string): string {
  return `${Math.floor((parseQuantity(limit) * 0.9) / 1024 ** 2)}MiB`;
}

/** As YAML wants it: quoted where it would be a number otherwise. */
const value = (text: string) => stringify(text, { lineWidth: 0 }).trim();
