// Made by libs/projections/generate-fingerprints.cjs; a test says when it is out of date.
/** Of each definition with its relative imports, by `name@version`. */
export const DEFINITION_FINGERPRINTS: Readonly<Record<string, string>> = {
  'artifact-card@2': '64640623d6bb9aa2',
  'counts@1': '8db1278e6773160e',
  'discovery@1': 'cdba227e183da877',
  'ingestion@1': 'dde35d7962dc8369',
  'topic@1': '64c5edc6476f3783',
};
