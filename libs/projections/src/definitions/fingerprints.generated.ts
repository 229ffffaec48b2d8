// Made by libs/projections/generate-fingerprints.cjs; a test says when it is out of date.
/** Of each definition with its relative imports, by `name@version`. */
export const DEFINITION_FINGERPRINTS: Readonly<Record<string, string>> = {
  'artifact-card@2': 'cd7c74dde707bdad',
  'counts@1': '8db1278e6773160e',
  'discovery@1': 'cdba227e183da877',
  'entity@1': 'e249f68b001ebba1',
  'ingestion@1': 'dde35d7962dc8369',
  'topic@1': '5cca708c729bde8e',
};
