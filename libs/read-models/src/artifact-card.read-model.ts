/**
 * What the card's facts belong to, as `definitions` writes and reads it; '' when nothing. Follows from the card; kept so that a score's
 * transaction, which reads no cards, can tell the figures of topics and entities.
 */
export interface Belongings {
  readonly topics: string;
  readonly entities: string;
}

export const NO_BELONGINGS: Belongings = { topics: '', entities: '' };

/**
 * The wide, cold half of an artifact: what its own events said, ready-made as JSON text. The two texts are lists of members
 * without the braces around them, so that an answer is made by joining strings; together, in braces, they parse back to the facts.
 */
export interface ArtifactCardRow extends Belongings {
  readonly artifactId: string;
  /** The members every list needs: `"artifactId":…,"source":…,"artifactType":…,"title":…,…`. Never empty. */
  readonly card: string;
  /** The members only the single artifact needs (`"text"`, `"references"`, `"attributes"`, `"reasoning"`), '' when none. */
  readonly detail: string;
}

export const ARTIFACT_CARD_READ_MODEL = { name: 'artifact-card', version: 2 } as const;
