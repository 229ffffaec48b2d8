import { type ArtifactObserved, decode, type HarvestEvent, type LogRecord } from '@harvest/contracts';
import type { ArtifactCardRow } from '@harvest/read-models';
import { artifactCardV2, cardOfFacts, NO_FACTS } from '../definitions/artifact-card.v2.projection';
import type { FactEvent } from '../definitions/definition';

type EventRecord = Pick<LogRecord, 'key' | 'value' | 'headers'>;

const UNSEQUENCED = { sequence: null } as const;
const WRITTEN = { observed: 'written', classified: 'kept' } as const;

/**
 * What of an event waits for its transaction. Meanwhile come several young collections: whatever waits is copied twice, and ends as
 * garbage of the old generation (docs/decisions, 10 and 11).
 */
export function leanEvent(event: HarvestEvent, record: EventRecord): FactEvent {
  const { kind, type, subject } = event;
  const { sequence } = event.envelope;
  const envelope = sequence === null ? UNSEQUENCED : { sequence };
  const payload = type === 'artifact.observed' ? new LeanObserved(event.payload, event, record) : event.payload;
  return { kind, type, subject, envelope, payload } as FactEvent;
}

/**
 * An observed artifact: what its hot row is made of, and its card ready made in case that nothing else is known of it, which is so for
 * nearly all. The other fields are read again from the record when they are to be merged with what is known.
 */
export class LeanObserved implements ArtifactObserved {
  readonly artifactId: string;
  readonly source: ArtifactObserved['source'];
  readonly artifactType: ArtifactObserved['artifactType'];
  readonly publishedAt: ArtifactObserved['publishedAt'];
  readonly publishedPrecision: ArtifactObserved['publishedPrecision'];
  readonly freshCard: ArtifactCardRow;
  private whole: ArtifactObserved | null = null;

  constructor(
    payload: ArtifactObserved,
    event: HarvestEvent,
    private readonly record: EventRecord,
  ) {
    this.artifactId = event.subject;
    this.source = payload.source;
    this.artifactType = payload.artifactType;
    this.publishedAt = payload.publishedAt;
    this.publishedPrecision = payload.publishedPrecision;
    this.freshCard = cardOfFacts(event.subject, artifactCardV2.evolve(NO_FACTS, event, WRITTEN));
  }

  get title(): ArtifactObserved['title'] {
    return this.reread().title;
  }

  get url(): ArtifactObserved['url'] {
    return this.reread().url;
  }

  get authors(): ArtifactObserved['authors'] {
    return this.reread().authors;
  }

  get topics(): ArtifactObserved['topics'] {
    return this.reread().topics;
  }

  get metrics(): ArtifactObserved['metrics'] {
    return this.reread().metrics;
  }

  get text(): ArtifactObserved['text'] {
    return this.reread().text;
  }

  get references(): ArtifactObserved['references'] {
    return this.reread().references;
  }

  get attributes(): ArtifactObserved['attributes'] {
    return this.reread().attributes;
  }

  /** Decoding depends on nothing but the record, which was good before. */
  private reread(): ArtifactObserved {
    return (this.whole ??= (decode(this.record, { family: 'artifacts' }) as Extract<HarvestEvent, { type: 'artifact.observed' }>).payload);
  }
}
