# What a unit may say where the agent is confined (become: agent). One rule a line: SECTION DIRECTIVE FORM...; a value
# must have one of the forms (confine.sh says which there are; "=x" is exactly x, "=" is empty). What is not here is
# refused. A rule must not give whoever may deploy more than the service's own user has: nothing that systemd reads,
# writes or runs as root outside of the release, no other user, no unit of others started, stopped or replaced.

unit_rules() {
  cat <<'RULES'
Unit Description text
Unit Documentation text
Unit After units
Unit Wants running-units
Unit Requires own-socket
Unit StartLimitIntervalSec time
Unit StartLimitBurst number
Unit X-Slipway own-directory

Service Type =exec =notify =notify-reload =simple =oneshot
Service ExecStart own-program
Service ExecReload =/bin/kill_-HUP_$MAINPID =/bin/kill_-USR2_$MAINPID
Service EnvironmentFile own-file
Service Environment text
Service UnsetEnvironment words
Service LoadCredential own-credential
Service DynamicUser =yes
Service User allowed-user own-user
Service WorkingDirectory own-file own-state
Service StateDirectory own-name
Service RuntimeDirectory own-name
Service CacheDirectory own-name
Service LogsDirectory own-name
Service StateDirectoryMode number
Service RuntimeDirectoryMode number
Service CacheDirectoryMode number
Service LogsDirectoryMode number
Service RuntimeDirectoryPreserve =yes =no =restart
Service StandardInput =null
Service StandardOutput =journal =null
Service StandardError =journal =null
Service SyslogIdentifier own-name
Service LogRateLimitIntervalSec time
Service LogRateLimitBurst number
Service LogLevelMax words
Service Sockets own-socket
Service PIDFile own-run

Service Restart words
Service RestartSec time
Service RestartSteps number
Service RestartMaxDelaySec time
Service RestartPreventExitStatus words
Service RestartForceExitStatus words
Service SuccessExitStatus words
Service TimeoutStartSec time
Service TimeoutStopSec time
Service TimeoutAbortSec time
Service RuntimeMaxSec time
Service WatchdogSec time
Service WatchdogSignal words
Service NotifyAccess =main =exec =all
Service KillMode words
Service KillSignal words
Service RestartKillSignal words
Service FinalKillSignal words
Service SendSIGHUP bool
Service SendSIGKILL bool
Service FileDescriptorStoreMax number

Service MemoryMax size
Service MemoryHigh size
Service MemorySwapMax size
Service CPUQuota size
Service CPUWeight number
Service IOWeight number
Service TasksMax size
Service OOMPolicy words
Service LimitNOFILE limit
Service LimitNPROC limit
Service LimitCORE limit
Service LimitMEMLOCK limit
Service LimitFSIZE limit
Service LimitSTACK limit
Service LimitAS limit

Service UMask number
Service NoNewPrivileges bool
Service ProtectSystem words
Service ProtectHome words
Service ProtectKernelTunables bool
Service ProtectKernelModules bool
Service ProtectKernelLogs bool
Service ProtectControlGroups bool
Service ProtectClock bool
Service ProtectHostname bool
Service ProtectProc words
Service ProcSubset words
Service PrivateTmp bool
Service PrivateDevices bool
Service PrivateUsers bool
Service PrivateNetwork bool
Service PrivateIPC bool
Service PrivateMounts bool
Service DevicePolicy words
Service RestrictNamespaces words
Service RestrictRealtime bool
Service RestrictSUIDSGID bool
Service RestrictAddressFamilies words
Service RestrictFileSystems words
Service LockPersonality bool
Service MemoryDenyWriteExecute bool
Service RemoveIPC bool
Service KeyringMode =private
Service CapabilityBoundingSet words
Service AmbientCapabilities = =CAP_NET_BIND_SERVICE
Service SystemCallArchitectures words
Service SystemCallFilter words
Service SystemCallErrorNumber words
Service SystemCallLog words
Service IPAddressAllow words addresses
Service IPAddressDeny words addresses
Service SocketBindAllow words
Service SocketBindDeny words
Service ReadWritePaths paths
Service ReadOnlyPaths paths
Service InaccessiblePaths paths

Socket ListenStream port own-run
Socket ListenDatagram port own-run
Socket BindIPv6Only words
Socket Backlog number
Socket NoDelay bool
Socket KeepAlive bool
Socket ReusePort bool
Socket FreeBind bool
Socket SocketMode number
Socket FileDescriptorName words
Socket Service own-service
Socket Accept =no
Socket RemoveOnStop bool

Timer OnCalendar text
Timer RandomizedDelaySec time
Timer Persistent bool
Timer AccuracySec time

Install WantedBy =multi-user.target =sockets.target =timers.target
RULES
}
