// Made by libs/projections/generate-fingerprints.cjs; a test says when it is out of date.
/** Of each definition with its relative imports, by `name@version`. */
export const DEFINITION_FINGERPRINTS: Readonly<Record<string, string>> = {
  'artifact-card@1': '61047caab5b5e851',
  'counts@1': '550683bd2fd22bb6',
  'discovery@1': '412621b31fd86de4',
  'ingestion@1': 'c3fd179794d1be6d',
};
