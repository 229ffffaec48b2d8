import { compareUtf8 } from '@harvest/kernel';

/** As events name it. */
export interface NamedTopic {
  readonly name: string;
  readonly taxonomyPath?: string;
  readonly confidence?: number;
}

export interface Topic {
  readonly topicId: string;
  readonly name: string;
  readonly taxonomyPath: string;
  readonly confidence: number;
}

/** Longer ones, in any of the three, are no topics. */
const LONGEST = 170;

/** The rule of 2-events, once more and on its own: one of each id, the most confident, then the smallest name, then the smallest path. */
export function topicsNamed(named: readonly NamedTopic[]): readonly Topic[] {
  const all = named.map(({ name, taxonomyPath = '', confidence = 1 }) => {
    const spelled = name.normalize('NFKC').toLowerCase().split(/\s+/u).filter(Boolean).join(' ');
    return { topicId: `name:${spelled}`, name, taxonomyPath, confidence: Math.round(confidence * 10_000) };
  });
  all.sort(
    (left, right) =>
      compareUtf8(left.topicId, right.topicId) ||
      right.confidence - left.confidence ||
      compareUtf8(left.name, right.name) ||
      compareUtf8(left.taxonomyPath, right.taxonomyPath),
  );
  const short = all.filter(({ topicId, name, taxonomyPath }) => [topicId, name, taxonomyPath].every(({ length }) => length <= LONGEST));
  return short.filter(({ topicId }, index) => topicId !== short[index - 1]?.topicId);
}
