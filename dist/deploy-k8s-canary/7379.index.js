export const id=7379;export const ids=[7379];export const modules={7379:(e,t,o)=>{o.r(t),o.d(t,{runScaffold:()=>O});var a=o(996),s=o(6760),r=o(7975),n=o(1455),i=o(1140);async function l(e,t,o){let a=(0,s.resolve)(e,t);if(!h(e,a))throw d(t,a,e,o);let r=a;for(;await (0,n.lstat)(r).catch(()=>void 0)===void 0;)r=(0,s.dirname)(r);let[i,l]=await Promise.all([(0,n.realpath)(e),(0,n.realpath)(r)]);if(!h(i,l))throw d(t,l,i,o);return a}function h(e,t){let o=(0,s.relative)(e,t);return".."!==o&&!o.startsWith(`..${s.sep}`)&&(0,s.resolve)(e,o)===t}function d(e,t,o,s){return new a.GQ(`${s.toUpperCase()}_OUTSIDE`,`directory "${e}" leads to ${t}, outside of ${o}`,{hint:"Nothing was written. Name a folder inside the working directory, such as deploy."})}async function c(e,t){let o=(0,s.join)(e,`.${t}`),r=await (0,i.qC)(o);if(void 0===r)return{};try{let{files:e}=JSON.parse(r);if(Object.values(e).every(e=>"string"==typeof e))return e}catch{}throw new a.GQ(`${t.toUpperCase()}_BASE`,`${o} is not what ${t} wrote`,{hint:"It says what was generated, so that your changes can be told from it. Nothing was written. Take it back from git."})}async function p(e,t){let o=(0,s.join)(e,t),r=await (0,n.lstat)(o).catch(()=>void 0);if(void 0!==r&&!r.isFile())throw new a.GQ("FILE_EXISTS",`${o} is no regular file`,{hint:"Nothing was written. Move it away, or name another directory."});return(0,i.qC)(o)}async function m(e,t,o,a){for(let[o,a]of t)void 0===a?await (0,n.rm)((0,s.join)(e,o),{force:!0}):await (0,i.vZ)((0,s.join)(e,o),a);let r=`What slipway ${a} wrote last: it tells your changes from its own. Commit it, do not edit it.`;await (0,i.vZ)((0,s.join)(e,`.${a}`),`${JSON.stringify({about:r,files:o},null,1)}
`)}var u=o(3483);function f(e,t){let o=(0,u.hR)(e),[s]=o.flatMap(e=>e.errors);if(void 0!==s)throw new a.GQ("MANIFEST_INVALID",`${t}: ${s.message.split("\n")[0].replace(/:$/,"")}`,{hint:"Nothing was written. Correct the YAML, then run it again."});return o.filter(e=>(0,u.jh)(e.contents))}function y(e){return`${e.get("kind")}/${e.getIn(["metadata","name"])}`}class w{kept=[];#e;constructor(e){this.#e=e}map(e,t,o,a){for(let[s,n]of(t.items.forEach((s,r)=>{let n=v(s),i=""===a?n:`${a}.${n}`;if(o.has(n)){let t=o.items.find(e=>v(e)===n);t.value=this.#t(e[n],s.value,t.value,i)}else if(!(n in e)){let e=t.items.slice(0,r).findLast(e=>o.has(v(e))),a=void 0===e?0:o.items.findIndex(t=>v(t)===v(e))+1;o.items.splice(a,0,s)}}),Object.entries(e)))!t.has(s)&&(0,r.isDeepStrictEqual)(this.#o(o.get(s,!0)),n)&&o.delete(s)}#t(e,t,o,a){let[s,n]=[this.#o(t),this.#o(o)];return(0,r.isDeepStrictEqual)(s,e)||(0,r.isDeepStrictEqual)(s,n)?o:(0,u.jh)(t)&&(0,u.jh)(o)?(this.map(g(e)?e:{},t,o,a),o):(0,u.oP)(t)&&(0,u.oP)(o)&&this.#a(e,t,o,a)?o:(0,r.isDeepStrictEqual)(n,e)?(0,u.jn)(t)&&(0,u.jn)(o)?(o.value=t.value,void 0!==t.type&&(o.type=t.type),delete o.source,o):t:(this.kept.push(`${a}: ${k(n)}, not ${k(s)}`),o)}#a(e,t,o,a){let s=Array.isArray(e)?e:[];if(![...t.items,...o.items].every(u.jh)||!s.every(g))return!1;let r=[s,this.#o(t),this.#o(o)];return r.every(e=>new Set(e.map(b)).size===e.length&&e.every(e=>void 0!==b(e)))?(this.#s(s,t,o,a),!0):!(new Set(r.map(e=>e.length)).size>1)&&(t.items.forEach((e,t)=>{this.map(s[t],e,o.items[t],`${a}.${t}`)}),!0)}#s(e,t,o,a){let s=e=>b(this.#o(e)),n=(e,t)=>e.items.findIndex(e=>s(e)===t);for(let r of t.items){let t=s(r),i=e.find(e=>b(e)===t),l=n(o,t);l>=0?this.map(i??{},r,o.items[l],`${a}.${t}`):void 0===i&&o.items.push(r)}for(let a of e){let e=n(o,b(a));0>n(t,b(a))&&e>=0&&(0,r.isDeepStrictEqual)(this.#o(o.items[e]),a)&&o.items.splice(e,1)}}#o(e){return e?.toJS(this.#e)}}let v=e=>String((0,u.jn)(e.key)?e.key.value:e.key),g=e=>"object"==typeof e&&null!==e&&!Array.isArray(e),b=e=>e.name??e.alert??e.record??e.job_name,k=e=>"object"==typeof e?JSON.stringify(e):String(e);async function $({folder:e,directory:t,by:o},n,i){let l=[...new Set([...Object.keys(i),...Object.keys(n)])],h=await Promise.all(l.map(async t=>(function(e,t,o,a){if(void 0===a)return void 0===o?{name:e,what:"left out",text:o,kept:[]}:o===t?{name:e,what:"deleted",text:void 0,kept:[]}:{name:e,what:"kept",text:o,kept:["no longer generated, but you changed it: delete it yourself"]};if(void 0===o)return void 0!==t?{name:e,what:"left out",text:o,kept:["you deleted it, so it stays away"]}:{name:e,what:"written",text:a,kept:[]};if(void 0===t)return o===a?P(e,o):{name:e,what:"foreign",text:o,kept:[]};if(!/\.ya?ml$/.test(e)){var s,n,i,l;return s=e,n=t,(i=o)===(l=a)||n===l?P(s,i):i===n?{name:s,what:"changed",text:l,kept:[]}:{...P(s,i),kept:["you changed it, and it would be written differently now"]}}let{text:h,kept:d}=function(e,t,o,a){if(o===t||o===a)return{text:a,kept:[]};if(t===a)return{text:o,kept:[]};let[s]=f(t,e),[n]=f(a,e),i=f(o,e),l=i.find(e=>y(e)===y(n));if(void 0===l)return{text:o,kept:[`${y(n)}: taken out by you`]};let h=new w(l),d=l.toJS();return h.map(s.toJS(),n.contents,l.contents,""),{text:(0,r.isDeepStrictEqual)(d,l.toJS())?o:i.map(e=>e.toString({lineWidth:0})).join(""),kept:h.kept}}(e,t,o,a);return h===o?{...P(e,o),kept:d}:{name:e,what:"changed",text:h,kept:d}})(t,n[t],await p(e,t),i[t]))),d=h.filter(e=>"foreign"===e.what).map(({name:o})=>(0,s.relative)(t,(0,s.join)(e,o)));if(d.length>0)throw new a.GQ("FILE_EXISTS",`not written by ${o}: ${d.join(", ")}`,{hint:"Nothing was written. Move it away, or name another directory."});let c=new Map(h.filter(({what:e})=>S.includes(e)).map(({name:e,text:t})=>[e,t]));return(c.size>0||!(0,r.isDeepStrictEqual)(n,i))&&await m(e,c,i,o),h.map(({name:o,what:a,kept:r})=>({file:(0,s.relative)(t,(0,s.join)(e,o)),what:"foreign"===a?"kept":a,kept:r}))}let S=["written","changed","deleted"],P=(e,t)=>({name:e,what:"unchanged",text:t,kept:[]});var W=o(4874),A=o(639),j=o(4567);function x(e,t){if(void 0===e)return;let o=f(e,"deployment.yaml").find(e=>"Deployment"===e.get("kind")),a=o?.toJS()?.spec?.template?.spec?.containers;return a?.find?.(e=>e?.name===t)??void 0}function I(e,t,o,a){return`# Written by \`slipway scaffold\`. Change what you like: a rerun keeps your changes.
apiVersion: ${e} # version of the API that the next line belongs to
kind: ${t} # ${a}
# How the object is called; its namespace is the deployment’s.
metadata:
  name: ${o} # together with the kind it says which object this is`}function T(e,t,o="labels",a="By what the object is found."){let s=" ".repeat(t);return`${s}# ${a}
${s}${o}:
${s}  app.kubernetes.io/name: ${e} # the program`}function N(...e){return e.filter(e=>"string"==typeof e&&""!==e).join("\n")}function L(e){return void 0===e?"    # Only connected to; `health` of scaffold gives a path to ask.\n    tcpSocket:\n      port: http # the port above":`    # Any answer from 200 to 399 is good.
    httpGet:
      path: ${D(e)} # what is asked
      port: http # at the port above`}let D=e=>(0,u.As)(e,{lineWidth:0}).trim(),q={"cluster-ip":"ClusterIP # reached inside the cluster only","node-port":"NodePort # reached at a port of every node, too","load-balancer":"LoadBalancer # gets an address of its own from the cloud, or from MetalLB and the like",ingress:"ClusterIP # users come by ingress.yaml",route:"ClusterIP # users come by httproute.yaml"};var C=o(1329);function E(e){return e.map(e=>(0,C.t)(e)?`        # A network.
        - ipBlock:
            cidr: ${JSON.stringify(e)} # its addresses`:`        # Pods of a namespace.
        - namespaceSelector:
            # All pods of this namespace.
            matchLabels:
              kubernetes.io/metadata.name: ${e} # its name`).join("\n")}let G="scaffold";async function M(e,t,o){var a;let s=await l(o,e.directory,G),r=await c(s,G),n=await p(s,"deployment.yaml"),i=(a=function(e,t,o,a){let s=x(o,e.name),[r,n]=[s,x(a,e.name)].map(e=>e?.resources?.limits?.memory),i=void 0===n||n===r?void 0:String(n);return void 0!==i&&(0,j.L)(i),{image:t??s?.image,memoryLimit:i??e.memory.limit}}(e,t,r["deployment.yaml"],n),{"serviceaccount.yaml":function({name:e}){return`${I("v1","ServiceAccount",e,"who the pods are to the API server: nobody who may do anything")}
${T(e,2)}
automountServiceAccountToken: false # no token in the pods: the program does not ask the API server
`}(e),"deployment.yaml":function(e,t){let{name:o,replicas:a}=e,s=a.least===a.most;return`${N(I("apps/v1","Deployment",o,"keeps pods that are all alike, and replaces them by a rolling update"),T(o,2),"# What is wanted.\nspec:",s?`  replicas: ${a.least} # pods; with a range such as 2-6 an autoscaler decides`:'  # No "replicas" here: they belong to the autoscaler of hpa.yaml.',`  revisionHistoryLimit: 3 # former releases that are kept for a rollback
  progressDeadlineSeconds: 120 # longer without progress is a failed rollout
  # Which pods are its own; cannot be changed later.
  selector:
${T(o,4,"matchLabels","All pods with these labels.")}
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
${T(o,6)}
        app.kubernetes.io/part-of: ${o} # stays also on a canary’s pods; networkpolicy.yaml goes by it`,function({metrics:e,port:t}){return e&&`      # What Prometheus looks for.
      annotations:
        prometheus.io/scrape: "true" # ask this pod
        prometheus.io/port: "${e.port??t}" # at this port
        prometheus.io/path: ${D(e.path)} # for this`}(e),`    # What runs in each pod.
    spec:
      serviceAccountName: ${o} # of serviceaccount.yaml
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
${T(o,12,"matchLabels","All with these labels.")}
      # Who the processes are.
      securityContext:
        runAsNonRoot: true # an image that starts as root is refused
        runAsUser: 65532 # the user "nonroot" of distroless images, whatever the image says
        runAsGroup: 65532 # and its group`,e.port<1024||(e.metrics?.port??1024)<1024?function({port:e,metrics:t}){let o=Math.min(e,t?.port??e);return`        # Settings of the pod’s own network.
        sysctls:
          # Ports below 1024 are root’s otherwise.
          - name: net.ipv4.ip_unprivileged_port_start # first port that anybody may open
            value: "${o}" # the lowest one that is opened`}(e):void 0,`        # Which system calls are allowed.
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
      containers:`,(function({name:e,port:t,metrics:o,cpu:a,memory:s,health:r,ready:n},{image:i,memoryLimit:l}){var h;return N(`# The program itself.
- name: ${e} # what logs and releases call it
  image: ${D(i??`registry.example/${e}:replaced-by-the-release`)} # a release puts the digest that was pushed in place of this
  # Where it listens.
  ports:
    # Users’ requests.
    - name: http # what probes and the Service call it
      containerPort: ${t} # the program’s own port`,o?.port!==void 0&&`    # Prometheus’ requests.
    - name: metrics # what networkpolicy.yaml calls it
      containerPort: ${o.port} # a port of its own, which no Service leads to`,`  # Variables of its environment.
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
      value: ${(h=l,`${Math.floor(.9*(0,j.L)(h)/1048576)}MiB`)} # 90 % of the memory limit below; a rerun of scaffold makes it follow
  # How much it needs and how much it may use.
  resources:
    # What the scheduler sets aside on a node.
    requests:
      cpu: ${D(a.request)} # share of CPUs when the node is busy; hpa.yaml counts in it
      memory: ${D(s.request)} # what it needs at ordinary times
    # What it can never exceed.
    limits:
      cpu: ${D(a.limit)} # above it is slowed down
      memory: ${D(s.limit)} # above it is killed
  # Until it has started, nothing else is asked.
  startupProbe:
${L(r)}
    periodSeconds: 1 # asked each second
    failureThreshold: 60 # a program that needs more than a minute is started again
  # Whether it gets requests.
  readinessProbe:
${L(n)}
    periodSeconds: 2 # asked every two seconds
    timeoutSeconds: 1 # a later answer is none
    failureThreshold: 2 # after two failures it gets no more requests, until it answers again
  # Whether it is stuck.
  livenessProbe:
${L(r)}
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
      mountPath: /tmp # where programs look for it`)})(e,t).split("\n").map(e=>""===e?e:" ".repeat(8)+e).join("\n"))}
`}(e,a),"service.yaml":function({name:e,expose:t,nodePort:o}){return`${N(I("v1","Service",e,"one address for all pods that are ready"),T(e,2),`# What is wanted.
spec:
  type: ${q[t]}
  # Which pods are behind it.
  selector:
    app.kubernetes.io/name: ${e} # those of the Deployment
  # What is passed on.
  ports:
    # Users’ requests.
    - name: http # what others call this port
      port: 80 # where the Service is reached
      targetPort: http # the container’s port of this name`,void 0!==o&&`      nodePort: ${o} # where each node is reached; left out, the cluster chooses`)}
`}(e),..."ingress"===e.expose?{"ingress.yaml":function({name:e,host:t,ingressClass:o}){return`${N(I("networking.k8s.io/v1","Ingress",e,"tells the ingress controller which requests are for the Service"),T(e,2),"# What is wanted.\nspec:",void 0===o?'  # No "ingressClassName": the cluster’s default controller serves it.':`  ingressClassName: ${o} # which controller serves it`,`  # Which requests.
  rules:
    # One host name.
    - host: ${JSON.stringify(t)} # what users open
      # By plain HTTP; add "tls" beside "rules" for a certificate.
      http:
        # Which paths.
        paths:
          # All of them.
          - path: / # what the path begins with
            pathType: Prefix # compared part by part
            # Where they go.
            backend:
              # The Service.
              service:
                name: ${e} # of service.yaml
                # Its port.
                port:
                  name: http # by name`)}
`}(e)}:"route"===e.expose?{"httproute.yaml":function({name:e,host:t,gateway:o}){return`${N(I("gateway.networking.k8s.io/v1","HTTPRoute",e,"tells the Gateway which requests are for the Service"),T(e,2),`# What is wanted.
spec:
  # Where users come in.
  parentRefs:
    # A Gateway, which has to be there.
    - name: ${o.name} # what it is called`,void 0!==o.namespace&&`      namespace: ${o.namespace} # where it is; its listener has to allow routes of this namespace`,`  # Which requests.
  hostnames:
    - ${JSON.stringify(t)} # what users open
  # Where they go.
  rules:
    # All paths.
    - backendRefs:
        # The Service.
        - name: ${e} # of service.yaml
          port: 80 # its port
          weight: 100 # share of the requests; a canary with router: gateway changes it while it lasts`)}
`}(e)}:{},...function({name:e,replicas:t}){return t.least===t.most?{}:{"hpa.yaml":`${I("autoscaling/v2","HorizontalPodAutoscaler",e,"says how many pods there are (needs metrics-server)")}
${T(e,2)}
# What is wanted.
spec:
  # Whose pods.
  scaleTargetRef:
    apiVersion: apps/v1 # version of the API that the next line belongs to
    kind: Deployment # of deployment.yaml
    name: ${e} # that one
  minReplicas: ${t.least} # never fewer
  maxReplicas: ${t.most} # never more
  # By what it decides.
  metrics:
    # One number.
    - type: Resource # of the pods themselves
      # Which.
      resource:
        name: cpu # how many CPUs are used
        # What it should be.
        target:
          type: Utilization # in parts of what is requested
          averageUtilization: 80 # above 80 % pods are added, below they are taken away after five minutes
`}}(e),"poddisruptionbudget.yaml":function({name:e}){return`${I("policy/v1","PodDisruptionBudget",e,"how many pods may be taken away at once when nodes are drained")}
${T(e,2)}
# What is wanted.
spec:
  maxUnavailable: 1 # one at a time, so that a drain goes on and the others serve
  unhealthyPodEvictionPolicy: AlwaysAllow # pods that do not serve anyway hold up no drain
  # Which pods.
  selector:
${T(e,4,"matchLabels","All with these labels.")}
`}(e),"networkpolicy.yaml":function(e){let{name:t,metrics:o,allowTo:a}=e;return`${N(I("networking.k8s.io/v1","NetworkPolicy",t,"who may speak with the pods, and with whom they may"),T(t,2),`# What is wanted.
spec:
  # Whose connections.
  podSelector:
    # All pods with this label: those of the Deployment, and of a canary beside it.
    matchLabels:
      app.kubernetes.io/part-of: ${t} # the program
  # What is not named below is refused, in both directions.
  policyTypes:
    - Ingress # connections to the pods
    - Egress # connections that they open
  # Who may come. The kubelet’s probes always may: they come from the pod’s own node.
  ingress:`,function({expose:e,allowFrom:t,metrics:o}){if("node-port"===e||"load-balancer"===e)return`    # Everybody: users come from outside, and nodes may put their own address in place of theirs.
    - ports:
        - port: http # users’ port`;let a=void 0!==o&&void 0===o.port,s=0===t.length&&("cluster-ip"!==e||a);return N(`    # ${"cluster-ip"===e?a?"Pods of the cluster: Prometheus asks at users’ port.":"Pods beside it.":"The controller that users come through. One on the node’s own network has no pod’s address: name its network in allow-from."}
    - from:`,s?"        # Pods of every namespace; allow-from makes it those that are named.\n        - namespaceSelector: {} # no label is asked for":"        # Pods of the same namespace.\n        - podSelector: {} # no label is asked for",t.length>0&&E(t),`      # Where to.
      ports:
        - port: http # users’ port`)}(e),`    # The API server’s proxy, through which a canary’s pods are asked one by one. Where it is no pod, its network: allow-from.
    - from:
        # Agents of the control plane.
        - namespaceSelector:
            # All pods of this namespace.
            matchLabels:
              kubernetes.io/metadata.name: kube-system # its name
      # Where to.
      ports:
        - port: http # users’ port`,o?.port!==void 0&&`    # Prometheus, wherever it runs in the cluster.
    - from:
        # Pods of every namespace.
        - namespaceSelector: {} # no label is asked for
      # Where to.
      ports:
        - port: metrics # and no other port`,`  # Where they may go. Answers to who came need no rule.
  egress:
    # DNS, wherever it runs: kube-system or a cache on the node.
    - ports:
        # Short answers.
        - port: 53 # DNS
          protocol: UDP # as it mostly is
        # Long answers.
        - port: 53 # DNS
          protocol: TCP # where UDP does not suffice
    # What runs beside it, such as a database.
    - to:
        # Pods of the same namespace.
        - podSelector: {} # no label is asked for`,a.length>0&&`    # What allow-to names.
    - to:
${E(a)}`)}
`}(e)});return $({folder:s,directory:o,by:G},r,i)}async function O({inputs:e,directory:t,output:o,summary:s}){let{scaffold:r,image:n}=e;if(void 0===r)throw new a.GQ("SCAFFOLD_MISSING",'mode is scaffold, but the input "scaffold" is not given',{hint:"Say at least what the service is called: scaffold: {name: hello}. Nothing was written."});let i=await M(r,n,t),l=i.flatMap(({file:e,what:t,kept:o})=>[`${t.padEnd(9)} ${e}`,...o.map(e=>`          yours stays: ${e}`)]);for(let e of[...l,...function({name:e,directory:t,expose:o}){return[`Commit ${t}/ with its file .scaffold, and deploy it; in slipway.yml:`,"  - kind: deploy-k8s-canary",`    manifests: ${t}/*.yaml`,`    workload: deployment/${e}`,..."route"===o?["    router: gateway"]:[]]}(r)])W.R.info(e);o("changed",String(i.some(({what:e})=>S.includes(e)))),await s(`### Manifests
${(0,A.DV)(l.join("\n"))}`)}}};