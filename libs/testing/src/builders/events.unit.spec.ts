import { decode, EVENT_TYPES, type EventType } from '@harvest/contracts';
import * as builders from './events';

const { aScoreComputed, aTombstone, anArtifactObserved, anEvent, anIngestionCompleted } = builders;

describe('the builders of events', () => {
  it.each(Object.keys(EVENT_TYPES) as EventType[])('a %s is valid by default', (type) => {
    const { payload, record } = anEvent(type);
    expect(decode(record, EVENT_TYPES[type])).toMatchObject({
      kind: 'event',
      type,
      payload,
      envelope: { source: 'tests', sequence: null },
    });
  });

  it.each([
    [builders.anArtifactClassified, 'artifact.classified'],
    [builders.anArtifactRetracted, 'artifact.retracted'],
    [builders.anIngestionStarted, 'ingestion.started'],
    [builders.anIngestionProgressed, 'ingestion.progressed'],
    [builders.anIngestionFailed, 'ingestion.failed'],
  ])('named ones build what their name says: %p %s', (build, type) => {
    expect(build().record.headers['ce_type']?.toString()).toBe(`harvester.${type}.v1`);
  });

  it('lay fields and surroundings over what is valid', () => {
    const { record } = aScoreComputed(
      { artifactId: 'x', discoveryScore: 9 },
      { sequence: 3, ingestionId: 'i', id: 'e', topicPrefix: 't.' },
    );
    expect(record.topic).toBe('t.scores.v1');
    expect(decode(record, { family: 'scores' })).toMatchObject({
      subject: 'x',
      payload: { discoveryScore: 9 },
      envelope: { sequence: 3n, ingestionId: 'i', id: 'e' },
    });
  });

  it('refuse what no producer could publish', () => {
    expect(() => anArtifactObserved({ title: '' })).toThrow(expect.objectContaining({ code: 'event-invalid' }));
  });

  it('give the same bytes each time', () => {
    expect(anIngestionCompleted().record).toEqual(anIngestionCompleted().record);
  });

  it('know the tombstone', () => {
    expect(decode(aTombstone('x').record, { family: 'artifacts' })).toEqual({ kind: 'tombstone', subject: 'x' });
  });
});
