export const id=5672;export const ids=[5672];export const modules={637:(e,t,o)=>{o.r(t),o.d(t,{scaffold:()=>x});var r=o(6760),a=o(3612),s=o(9611),n=o(1140),i=o(2564),l=o(3398),h=o(5225),d=o(8833),c=o(4567);function u(e,t){if(void 0===e)return;let o=(0,d.D)(e,"deployment.yaml").find(e=>"Deployment"===e.get("kind")),r=o?.toJS()?.spec?.template?.spec?.containers;return r?.find?.(e=>e?.name===t)??void 0}var p=o(3483);function m(e,t,o,r){return`# Written by \`slipway scaffold\`. Change what you like: a rerun keeps your changes.
apiVersion: ${e} # version of the API that the next line belongs to
kind: ${t} # ${r}
# How the object is called; its namespace is the deployment’s.
metadata:
  name: ${o} # together with the kind it says which object this is`}function f(e,t,o="labels",r="By what the object is found."){let a=" ".repeat(t);return`${a}# ${r}
${a}${o}:
${a}  app.kubernetes.io/name: ${e} # the program`}function w(...e){return e.filter(e=>"string"==typeof e&&""!==e).join("\n")}function y(e){return void 0===e?"    # Only connected to; `health` of scaffold gives a path to ask.\n    tcpSocket:\n      port: http # the port above":`    # Any answer from 200 to 399 is good.
    httpGet:
      path: ${v(e)} # what is asked
      port: http # at the port above`}let v=e=>(0,p.As)(e,{lineWidth:0}).trim(),g={"cluster-ip":"ClusterIP # reached inside the cluster only","node-port":"NodePort # reached at a port of every node, too","load-balancer":"LoadBalancer # gets an address of its own from the cloud, or from MetalLB and the like",ingress:"ClusterIP # users come by ingress.yaml",route:"ClusterIP # users come by httproute.yaml"};var $=o(9771);function b(e){return e.map(e=>(0,$.t)(e)?`        # A network.
        - ipBlock:
            cidr: ${JSON.stringify(e)} # its addresses`:`        # Pods of a namespace.
        - namespaceSelector:
            # All pods of this namespace.
            matchLabels:
              kubernetes.io/metadata.name: ${e} # its name`).join("\n")}let k="scaffold";async function S(e,t,o){var r;let a=await (0,h.CH)(o,e.directory,k),s=await (0,h.wZ)(a,k),n=await (0,h.Ov)(a,"deployment.yaml"),l=(r=function(e,t,o,r){let a=u(o,e.name),[s,n]=[a,u(r,e.name)].map(e=>e?.resources?.limits?.memory),i=void 0===n||n===s?void 0:String(n);return void 0!==i&&(0,c.L)(i),{image:t??a?.image,memoryLimit:i??e.memory.limit}}(e,t,s["deployment.yaml"],n),{"serviceaccount.yaml":function({name:e}){return`${m("v1","ServiceAccount",e,"who the pods are to the API server: nobody who may do anything")}
${f(e,2)}
automountServiceAccountToken: false # no token in the pods: the program does not ask the API server
`}(e),"deployment.yaml":function(e,t){let{name:o,replicas:r}=e,a=r.least===r.most;return`${w(m("apps/v1","Deployment",o,"keeps pods that are all alike, and replaces them by a rolling update"),f(o,2),"# What is wanted.\nspec:",a?`  replicas: ${r.least} # pods; with a range such as 2-6 an autoscaler decides`:'  # No "replicas" here: they belong to the autoscaler of hpa.yaml.',`  revisionHistoryLimit: 3 # former releases that are kept for a rollback
  progressDeadlineSeconds: 120 # longer without progress is a failed rollout
  # Which pods are its own; cannot be changed later.
  selector:
${f(o,4,"matchLabels","All pods with these labels.")}
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
${f(o,6)}
        app.kubernetes.io/part-of: ${o} # stays also on a canary’s pods; networkpolicy.yaml goes by it`,function({metrics:e,port:t}){return e&&`      # What Prometheus looks for.
      annotations:
        prometheus.io/scrape: "true" # ask this pod
        prometheus.io/port: "${e.port??t}" # at this port
        prometheus.io/path: ${v(e.path)} # for this`}(e),`    # What runs in each pod.
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
${f(o,12,"matchLabels","All with these labels.")}
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
      containers:`,(function({name:e,port:t,metrics:o,cpu:r,memory:a,health:s,ready:n},{image:i,memoryLimit:l}){var h;return w(`# The program itself.
- name: ${e} # what logs and releases call it
  image: ${v(i??`registry.example/${e}:replaced-by-the-release`)} # a release puts the digest that was pushed in place of this
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
      value: ${(h=l,`${Math.floor(.9*(0,c.L)(h)/1048576)}MiB`)} # 90 % of the memory limit below; a rerun of scaffold makes it follow
  # How much it needs and how much it may use.
  resources:
    # What the scheduler sets aside on a node.
    requests:
      cpu: ${v(r.request)} # share of CPUs when the node is busy; hpa.yaml counts in it
      memory: ${v(a.request)} # what it needs at ordinary times
    # What it can never exceed.
    limits:
      cpu: ${v(r.limit)} # above it is slowed down
      memory: ${v(a.limit)} # above it is killed
  # Until it has started, nothing else is asked.
  startupProbe:
${y(s)}
    periodSeconds: 1 # asked each second
    failureThreshold: 60 # a program that needs more than a minute is started again
  # Whether it gets requests.
  readinessProbe:
${y(n)}
    periodSeconds: 2 # asked every two seconds
    timeoutSeconds: 1 # a later answer is none
    failureThreshold: 2 # after two failures it gets no more requests, until it answers again
  # Whether it is stuck.
  livenessProbe:
${y(s)}
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
`}(e,r),"service.yaml":function({name:e,expose:t,nodePort:o}){return`${w(m("v1","Service",e,"one address for all pods that are ready"),f(e,2),`# What is wanted.
spec:
  type: ${g[t]}
  # Which pods are behind it.
  selector:
    app.kubernetes.io/name: ${e} # those of the Deployment
  # What is passed on.
  ports:
    # Users’ requests.
    - name: http # what others call this port
      port: 80 # where the Service is reached
      targetPort: http # the container’s port of this name`,void 0!==o&&`      nodePort: ${o} # where each node is reached; left out, the cluster chooses`)}
`}(e),..."ingress"===e.expose?{"ingress.yaml":function({name:e,host:t,ingressClass:o}){return`${w(m("networking.k8s.io/v1","Ingress",e,"tells the ingress controller which requests are for the Service"),f(e,2),"# What is wanted.\nspec:",void 0===o?'  # No "ingressClassName": the cluster’s default controller serves it.':`  ingressClassName: ${o} # which controller serves it`,`  # Which requests.
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
`}(e)}:"route"===e.expose?{"httproute.yaml":function({name:e,host:t,gateway:o}){return`${w(m("gateway.networking.k8s.io/v1","HTTPRoute",e,"tells the Gateway which requests are for the Service"),f(e,2),`# What is wanted.
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
`}(e)}:{},...function({name:e,replicas:t}){return t.least===t.most?{}:{"hpa.yaml":`${m("autoscaling/v2","HorizontalPodAutoscaler",e,"says how many pods there are (needs metrics-server)")}
${f(e,2)}
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
`}}(e),"poddisruptionbudget.yaml":function({name:e}){return`${m("policy/v1","PodDisruptionBudget",e,"how many pods may be taken away at once when nodes are drained")}
${f(e,2)}
# What is wanted.
spec:
  maxUnavailable: 1 # one at a time, so that a drain goes on and the others serve
  unhealthyPodEvictionPolicy: AlwaysAllow # pods that do not serve anyway hold up no drain
  # Which pods.
  selector:
${f(e,4,"matchLabels","All with these labels.")}
`}(e),"networkpolicy.yaml":function(e){let{name:t,metrics:o,allowTo:r}=e;return`${w(m("networking.k8s.io/v1","NetworkPolicy",t,"who may speak with the pods, and with whom they may"),f(t,2),`# What is wanted.
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
        - port: http # users’ port`;let r=void 0!==o&&void 0===o.port,a=0===t.length&&("cluster-ip"!==e||r);return w(`    # ${"cluster-ip"===e?r?"Pods of the cluster: Prometheus asks at users’ port.":"Pods beside it.":"The controller that users come through. One on the node’s own network has no pod’s address: name its network in allow-from."}
    - from:`,a?"        # Pods of every namespace; allow-from makes it those that are named.\n        - namespaceSelector: {} # no label is asked for":"        # Pods of the same namespace.\n        - podSelector: {} # no label is asked for",t.length>0&&b(t),`      # Where to.
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
        - podSelector: {} # no label is asked for`,r.length>0&&`    # What allow-to names.
    - to:
${b(r)}`)}
`}(e)});return(0,i.g$)({folder:a,directory:o,by:k},s,l)}var A=o(1551),P=o(6093);async function x(e){let{given:t,directory:o,terminal:r}=e,a=await W(e),s=A.HP.filter(e=>"directory"!==e&&t.has(e)).map(e=>[e,t.list(e).join(",")]),n=t.text("output"),h=(0,A.sb)({...a,...Object.fromEntries(s),...void 0!==n&&{directory:n}}),d=t.text("image"),c=d&&(0,l.FH)((0,l.F2)(d)),u=await S(h,c,o);for(let e of(0,i.JK)(u))r.say(e);if((0,i.Bo)(u))for(let e of function({name:e,directory:t,expose:o}){return[`Commit ${t}/ with its file .scaffold, and deploy it; in slipway.yml:`,"  - kind: deploy-k8s-canary",`    manifests: ${t}/*.yaml`,`    workload: deployment/${e}`,..."route"===o?["    router: gateway"]:[]]}(h))r.say(e);return e.document({command:"scaffold",code:0,changed:(0,i.Bo)(u),files:u}),0}async function W({given:e,directory:t}){let o=(0,r.resolve)(t,e.text("config")??"slipway.yml");if(!e.has("config")&&await (0,n.qC)(o)===void 0)return{};let{deploy:i=[]}=await (0,s.RG)(o,e.text("environment")),l=e.text("deployment"),h=i.filter(e=>(0,a.jh)(e.scaffold)&&(void 0===l||e.name===l));if(h.length>1||void 0!==l&&0===h.length)throw(0,P.vM)(`${h.length} deployments of ${o} with the key "scaffold" fit`,"Name one that has it: --deployment NAME.");return h[0]?.scaffold??{}}},5225:(e,t,o)=>{o.d(t,{CH:()=>i,CI:()=>u,Ov:()=>c,wZ:()=>d});var r=o(1455),a=o(6760),s=o(996),n=o(1140);async function i(e,t,o){let s=(0,a.resolve)(e,t);if(!l(e,s))throw h(t,s,e,o);let n=s;for(;await (0,r.lstat)(n).catch(()=>void 0)===void 0;)n=(0,a.dirname)(n);let[i,d]=await Promise.all([(0,r.realpath)(e),(0,r.realpath)(n)]);if(!l(i,d))throw h(t,d,i,o);return s}function l(e,t){let o=(0,a.relative)(e,t);return".."!==o&&!o.startsWith(`..${a.sep}`)&&(0,a.resolve)(e,o)===t}function h(e,t,o,r){return new s.GQ(`${r.toUpperCase()}_OUTSIDE`,`directory "${e}" leads to ${t}, outside of ${o}`,{hint:"Nothing was written. Name a folder inside the working directory, such as deploy."})}async function d(e,t){let o=(0,a.join)(e,`.${t}`),r=await (0,n.qC)(o);if(void 0===r)return{};try{let{files:e}=JSON.parse(r);if(Object.values(e).every(e=>"string"==typeof e))return e}catch{}throw new s.GQ(`${t.toUpperCase()}_BASE`,`${o} is not what ${t} wrote`,{hint:"It says what was generated, so that your changes can be told from it. Nothing was written. Take it back from git."})}async function c(e,t){let o=(0,a.join)(e,t),i=await (0,r.lstat)(o).catch(()=>void 0);if(void 0!==i&&!i.isFile())throw new s.GQ("FILE_EXISTS",`${o} is no regular file`,{hint:"Nothing was written. Move it away, or name another directory."});return(0,n.qC)(o)}async function u(e,t,o,s){for(let[o,s]of t)void 0===s?await (0,r.rm)((0,a.join)(e,o),{force:!0}):await (0,n.vZ)((0,a.join)(e,o),s);let i=`What slipway ${s} wrote last: it tells your changes from its own. Commit it, do not edit it.`;await (0,n.vZ)((0,a.join)(e,`.${s}`),`${JSON.stringify({about:i,files:o},null,1)}
`)}},8833:(e,t,o)=>{o.d(t,{D:()=>i,i:()=>n});var r=o(7975),a=o(3483),s=o(996);function n(e,t,o,a){if(o===t||o===a)return{text:a,kept:[]};if(t===a)return{text:o,kept:[]};let[s]=i(t,e),[n]=i(a,e),d=i(o,e),c=d.find(e=>l(e)===l(n));if(void 0===c)return{text:o,kept:[`${l(n)}: taken out by you`]};let u=new h(c),p=c.toJS();return u.map(s.toJS(),n.contents,c.contents,""),{text:(0,r.isDeepStrictEqual)(p,c.toJS())?o:d.map(e=>e.toString({lineWidth:0})).join(""),kept:u.kept}}function i(e,t){let o=(0,a.hR)(e),[r]=o.flatMap(e=>e.errors);if(void 0!==r)throw new s.GQ("MANIFEST_INVALID",`${t}: ${r.message.split("\n")[0].replace(/:$/,"")}`,{hint:"Nothing was written. Correct the YAML, then run it again."});return o.filter(e=>(0,a.jh)(e.contents))}function l(e){return`${e.get("kind")}/${e.getIn(["metadata","name"])}`}class h{kept=[];#e;constructor(e){this.#e=e}map(e,t,o,a){for(let[s,n]of(t.items.forEach((r,s)=>{let n=d(r),i=""===a?n:`${a}.${n}`;if(o.has(n)){let t=o.items.find(e=>d(e)===n);t.value=this.#t(e[n],r.value,t.value,i)}else if(!(n in e)){let e=t.items.slice(0,s).findLast(e=>o.has(d(e))),a=void 0===e?0:o.items.findIndex(t=>d(t)===d(e))+1;o.items.splice(a,0,r)}}),Object.entries(e)))!t.has(s)&&(0,r.isDeepStrictEqual)(this.#o(o.get(s,!0)),n)&&o.delete(s)}#t(e,t,o,s){let[n,i]=[this.#o(t),this.#o(o)];return(0,r.isDeepStrictEqual)(n,e)||(0,r.isDeepStrictEqual)(n,i)?o:(0,a.jh)(t)&&(0,a.jh)(o)?(this.map(c(e)?e:{},t,o,s),o):(0,a.oP)(t)&&(0,a.oP)(o)&&this.#r(e,t,o,s)?o:(0,r.isDeepStrictEqual)(i,e)?(0,a.jn)(t)&&(0,a.jn)(o)?(o.value=t.value,void 0!==t.type&&(o.type=t.type),delete o.source,o):t:(this.kept.push(`${s}: ${p(i)}, not ${p(n)}`),o)}#r(e,t,o,r){let s=Array.isArray(e)?e:[];if(![...t.items,...o.items].every(a.jh)||!s.every(c))return!1;let n=[s,this.#o(t),this.#o(o)];return n.every(e=>new Set(e.map(u)).size===e.length&&e.every(e=>void 0!==u(e)))?(this.#a(s,t,o,r),!0):!(new Set(n.map(e=>e.length)).size>1)&&(t.items.forEach((e,t)=>{this.map(s[t],e,o.items[t],`${r}.${t}`)}),!0)}#a(e,t,o,a){let s=e=>u(this.#o(e)),n=(e,t)=>e.items.findIndex(e=>s(e)===t);for(let r of t.items){let t=s(r),i=e.find(e=>u(e)===t),l=n(o,t);l>=0?this.map(i??{},r,o.items[l],`${a}.${t}`):void 0===i&&o.items.push(r)}for(let a of e){let e=n(o,u(a));0>n(t,u(a))&&e>=0&&(0,r.isDeepStrictEqual)(this.#o(o.items[e]),a)&&o.items.splice(e,1)}}#o(e){return e?.toJS(this.#e)}}let d=e=>String((0,a.jn)(e.key)?e.key.value:e.key),c=e=>"object"==typeof e&&null!==e&&!Array.isArray(e),u=e=>e.name??e.alert??e.record??e.job_name,p=e=>"object"==typeof e?JSON.stringify(e):String(e)},2564:(e,t,o)=>{o.d(t,{Bo:()=>d,JK:()=>c,g$:()=>l});var r=o(6760),a=o(7975),s=o(996),n=o(5225),i=o(8833);async function l({folder:e,directory:t,by:o},d,c){let p=[...new Set([...Object.keys(c),...Object.keys(d)])],m=await Promise.all(p.map(async t=>(function(e,t,o,r){if(void 0===r)return void 0===o?{name:e,what:"left out",text:o,kept:[]}:o===t?{name:e,what:"deleted",text:void 0,kept:[]}:{name:e,what:"kept",text:o,kept:["no longer generated, but you changed it: delete it yourself"]};if(void 0===o)return void 0!==t?{name:e,what:"left out",text:o,kept:["you deleted it, so it stays away"]}:{name:e,what:"written",text:r,kept:[]};if(void 0===t)return o===r?u(e,o):{name:e,what:"foreign",text:o,kept:[]};if(!/\.ya?ml$/.test(e)){var a,s,n,l;return a=e,s=t,(n=o)===(l=r)||s===l?u(a,n):n===s?{name:a,what:"changed",text:l,kept:[]}:{...u(a,n),kept:["you changed it, and it would be written differently now"]}}let{text:h,kept:d}=(0,i.i)(e,t,o,r);return h===o?{...u(e,o),kept:d}:{name:e,what:"changed",text:h,kept:d}})(t,d[t],await (0,n.Ov)(e,t),c[t]))),f=m.filter(e=>"foreign"===e.what).map(({name:o})=>(0,r.relative)(t,(0,r.join)(e,o)));if(f.length>0)throw new s.GQ("FILE_EXISTS",`not written by ${o}: ${f.join(", ")}`,{hint:"Nothing was written. Move it away, or name another directory."});let w=new Map(m.filter(({what:e})=>h.includes(e)).map(({name:e,text:t})=>[e,t]));return(w.size>0||!(0,a.isDeepStrictEqual)(d,c))&&await (0,n.CI)(e,w,c,o),m.map(({name:o,what:a,kept:s})=>({file:(0,r.relative)(t,(0,r.join)(e,o)),what:"foreign"===a?"kept":a,kept:s}))}let h=["written","changed","deleted"],d=e=>e.some(({what:e})=>h.includes(e));function c(e){return e.flatMap(({file:e,what:t,kept:o})=>[`${t.padEnd(9)} ${e}`,...o.map(e=>`          yours stays: ${e}`)])}let u=(e,t)=>({name:e,what:"unchanged",text:t,kept:[]})},4567:(e,t,o)=>{o.d(t,{L:()=>n});var r=o(996);let a={n:-9,u:-6,m:-3,"":0,k:3,M:6,G:9,T:12,P:15,E:18},s=["Ki","Mi","Gi","Ti","Pi","Ei"];function n(e){let[,t,o=""]=/^([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)([a-zA-Z]*)$/.exec(String(e))??[],n=s.includes(o)?1024**(s.indexOf(o)+1):10**(a[o]??0/0),i=Number(t)*n;if(Number.isNaN(i))throw new r.GQ("QUANTITY_INVALID",`"${e}" is no quantity of Kubernetes`,{hint:"Write 250m, 2, 64Mi or 1G."});return i}},1124:(e,t,o)=>{o.d(t,{DB:()=>l,E9:()=>n,Xq:()=>h,a3:()=>i});var r=o(996);let a={ms:1,s:1e3,m:6e4,h:36e5,d:864e5},s={B:1,KB:1e3,MB:1e6,GB:1e9,KiB:1024,MiB:1048576,GiB:0x40000000,K:1024,M:1048576,G:0x40000000};function n(e){let t=[...e.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)];if(0===t.length||t.map(e=>e[0]).join("")!==e)throw new r.GQ("DURATION_INVALID",`"${e}" is not a duration`,{hint:"Write a number with its unit: 300ms, 30s, 1m30s, 2h."});return t.reduce((e,t)=>e+Number(t[1])*a[t[2]],0)}function i(e){if(e<1e3)return`${Math.round(e)}ms`;if(e<6e4)return`${Number((e/1e3).toFixed(+(e<1e4)))}s`;let t=Math.round(e/1e3),[o,r,a]=[Math.floor(t/3600),Math.floor(t/60)%60,t%60];return o>0?`${o}h${r}m`:`${r}m${a}s`}function l(e){let t=/^(\d+(?:\.\d+)?) ?([KMG]i?B|[KMG]|B)$/.exec(e),o=s[t?.[2]??""];if(!t||void 0===o)throw new r.GQ("SIZE_INVALID",`"${e}" is not a size`,{hint:"Write a number with its unit: 64MiB, 1.5GB, 512M."});return Math.round(Number(t[1])*o)}function h(e){for(let[t,o]of[["GB",1e9],["MB",1e6],["kB",1e3]])if(e>=o)return`${(e/o).toFixed(1)} ${t}`;return`${e} B`}},9771:(e,t,o)=>{o.d(t,{q:()=>n,t:()=>S});var r=o(996),a=o(4567),s=o(1551);function n(e){let t=e("health",f);return{name:e("name",i),port:e("port",u)??8080,expose:e("expose",c)??"cluster-ip",nodePort:e("node-port",p),host:e("host",h),ingressClass:e("ingress-class",l),gateway:e("gateway",d),health:t,ready:e("ready",f)??t,metrics:e("metrics",w),replicas:e("replicas",y)??{least:2,most:6},cpu:e("cpu",v)??{request:"100m",limit:"1"},memory:e("memory",g)??{request:"64Mi",limit:"128Mi"},allowFrom:e("allow-from",b)??[],allowTo:e("allow-to",b)??[],directory:e("directory",e=>e)??"deploy"}}function i(e){if(/^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(e)&&e.length<=54)return e;throw A("no name of a Service: a-z, 0-9 and -, beginning with a letter, at most 54 characters")}function l(e){if(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(e))return e;throw A("no DNS label: a-z, 0-9 and - inside, at most 63 characters")}function h(e){let t=e.replace(/^\*\./,"").split(".");if(e.length<=253&&t.every(e=>/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(e)))return e;throw A("no host name: lower case, without scheme, port or path, such as hello.example.com")}function d(e){let[t,o,...r]=e.split("/").reverse();if(r.length>0)throw A("neither NAME nor NAMESPACE/NAME");return{name:l(t),namespace:void 0===o?void 0:l(o)}}function c(e){let t=s.DD.find(t=>t===e);if(void 0===t)throw A(`none of ${s.DD.join(", ")}`);return t}let u=e=>m(e,1,65535,"no port, 1 to 65535"),p=e=>m(e,1,65535,"no port; clusters mostly take 30000 to 32767");function m(e,t,o,r){let a=Number(e);if(!/^\d+$/.test(e)||a<t||a>o)throw A(r);return a}function f(e){if(/^\/[\w\-./~%?=&:@+,;!$'()*]*$/.test(e))return e;throw A("no path such as /healthz")}function w(e){let[,t,o]=/^(?::(\d+))?(\/.*)$/.exec(e)??[];if(void 0===o)throw A("neither /PATH nor :PORT/PATH");return{path:f(o),port:void 0===t?void 0:u(t)}}function y(e){let[,t,o=t]=/^(\d+)(?:-(\d+))?$/.exec(e)??[],r={least:Number(t),most:Number(o)};if(void 0===t||r.least<1||r.most<r.least)throw A("neither a number nor a range such as 2-6");return r}function v(e){let t=$(e,"100m-1");if(.001>(0,a.L)(t.request))throw A("less than 1m");return t}function g(e){let t=$(e,"64Mi-128Mi");if(4194304>(0,a.L)(t.request))throw A(`${t.request} is less than 4Mi: write the unit, such as 64Mi`);return t}function $(e,t){let[o,r=o,...s]=e.split("-");if(s.length>0||void 0===o||void 0===r)throw A(`not REQUEST-LIMIT, such as ${t}`);if((0,a.L)(o)>(0,a.L)(r))throw A(`the request is above the limit; write ${t}`);return{request:o,limit:r}}function b(e){let t=e.split(/[\s,]+/).filter(e=>""!==e);for(let e of t)S(e)||l(e);return t}let k=/^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!\/)|(?=\/))){4}\/(?:3[0-2]|[12]?\d)$/;function S(e){return k.test(e)||/^[0-9a-f:]+:[0-9a-f:]*\/\d{1,3}$/.test(e)&&URL.canParse(`http://[${e.split("/")[0]}]/`)}function A(e){return new r.GQ("SCAFFOLD_INVALID",e)}},1551:(e,t,o)=>{o.d(t,{DD:()=>i,HP:()=>l,Rl:()=>u,sb:()=>p});var r=o(996),a=o(6721),s=o(5953),n=o(9771);let i=["cluster-ip","node-port","load-balancer","ingress","route"],l=["name","port","expose","node-port","host","ingress-class","gateway","health","ready","metrics","replicas","cpu","memory","allow-from","allow-to","directory"],h={type:["string","number"]},d={oneOf:[h,{type:"array",items:h}]},c={type:"object",required:["name"],additionalProperties:!1,properties:{...Object.fromEntries(l.map(e=>[e,e.startsWith("allow-")?d:h])),expose:{enum:i}}},u=(0,s.oQ)("a map such as {name: hello, port: 8080, expose: ingress}",c,p);function p(e){if("object"!=typeof e||null===e||Array.isArray(e))throw new r.GQ("SCAFFOLD_INVALID","scaffold is not a map",{hint:m});let t=[];for(let o of Object.keys(e))l.includes(o)||t.push(`${o} is not known${(0,a.au)(o,l)}`);let o=(0,n.q)((o,a)=>{let s=e[o];if(null==s||""===s)return;let n=Array.isArray(s)?s.join(","):String(s);try{return a(n)}catch(e){t.push(`${o} "${n}": ${(0,r.bD)(e)}`);return}});if(void 0!==o.name||t.some(e=>e.startsWith("name "))||t.unshift("name is missing: what the service is called"),t.push(...function({expose:e,host:t,gateway:o,nodePort:r,ingressClass:a,port:s,metrics:n}){let i=(t,o,r)=>void 0!==o&&e!==r?[`${t} is given, but expose is ${e}, not ${r}`]:[];return[...i("gateway",o,"route"),...i("node-port",r,"node-port"),...i("ingress-class",a,"ingress"),...void 0!==t&&"ingress"!==e&&"route"!==e?[`host is given, but expose is ${e}, which has no host names`]:[],...("ingress"===e||"route"===e)&&void 0===t?[`host is missing: expose ${e} needs the name that users open, such as hello.example.com`]:[],..."route"===e&&void 0===o?["gateway is missing: expose route needs the Gateway that it attaches to, NAME or NAMESPACE/NAME"]:[],...n?.port===s?[`metrics: ${s} is the service’s own port, leave it out`]:[]]}(o)),t.length>0)throw new r.GQ("SCAFFOLD_INVALID",`scaffold: ${t.join("; ")}`,{hint:m});return{...o,name:o.name}}let m="Nothing was written. Keys and examples: README of deploy-k8s-canary, “Manifests for those who have none”."}};