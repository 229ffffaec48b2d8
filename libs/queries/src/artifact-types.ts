import { ARTIFACT_TYPES } from '@harvest/contracts';

export type ArtifactType = (typeof ARTIFACT_TYPES)[number];

export function isArtifactType(text: string): text is ArtifactType {
  return (ARTIFACT_TYPES as readonly string[]).includes(text);
}
