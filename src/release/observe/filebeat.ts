import type { Settings } from './settings.ts';
import { yamlText } from './text.ts';

/** A part of filebeat.yml that ships the service's logs: from the journal, from files, or both. */
export function filebeatFile({ service, logs }: Settings & { logs: NonNullable<Settings['logs']> }): string {
  const { unit, paths, format = 'json', elasticsearch, logstash } = logs;
  const fields = { processors: [{ add_fields: { target: 'service', fields: { name: service } } }] };
  const inputs = [
    ...(unit === undefined
      ? []
      : [
          {
            type: 'journald',
            id: `${service}-journal`,
            include_matches: { match: [`_SYSTEMD_UNIT=${/\.[a-z]+$/.test(unit) ? unit : `${unit}.service`}`] },
            processors: [
              ...fields.processors,
              ...(format === 'json'
                ? [
                    {
                      decode_json_fields: {
                        fields: ['message'],
                        target: '',
                        add_error_key: true,
                        overwrite_keys: true,
                      },
                    },
                  ]
                : []),
            ],
          },
        ]),
    ...(paths === undefined
      ? []
      : [
          {
            type: 'filestream',
            id: `${service}-files`,
            paths,
            ...(format === 'json'
              ? { parsers: [{ ndjson: { target: '', add_error_key: true, overwrite_keys: true } }] }
              : {}),
            ...fields,
          },
        ]),
  ];
  return yamlText(
    {
      filebeat: { inputs },
      processors: [{ add_host_metadata: {} }],
      ...(elasticsearch === undefined ? {} : { 'output.elasticsearch': { hosts: elasticsearch } }),
      ...(logstash === undefined ? {} : { 'output.logstash': { hosts: logstash } }),
    },
    [
      'For /etc/filebeat/filebeat.yml, or its inputs beside those that are there. Keys and passwords of the output: filebeat keystore.',
      'Check after a change: filebeat test config -c filebeat.yml',
    ],
  );
}
