import { Inject, Injectable } from '@nestjs/common';
import { decodeCloudEventJson, MAX_EVENTS } from '@harvest/contracts';
import type { AppendedRecord, EventsReceipt, EventVerdict, JudgedEvent, RecordToAppend, RejectedRecord } from '@harvest/contracts';
import { withDeadline } from '@harvest/kernel';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { API_PORTS, receiptPosition } from './api.ports';
import type { ApiPorts } from './api.ports';
import { withoutQuery } from './http/handlers';
import type { OperationController } from './http/handlers';
import { ProblemError } from './http/problem-error';
import { requireBody } from './http/read-json';

const APPEND_TIMEOUT_MS = 25_000;

/** Facts in: each event of a batch is judged by itself and appended, or refused with its reason. */
@Injectable()
export class EventsController implements OperationController<'publishEvents'> {
  constructor(@Inject(API_PORTS) private readonly ports: Pick<ApiPorts, 'log' | 'topicPrefix'>) {}

  handlers() {
    return { publishEvents: withoutQuery((request, reply) => this.publish(request, reply)) };
  }

  private async publish(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const events = this.judge(requireBody(request.body));
    const records = events.map((event) => event.record).filter((record) => record !== null);
    const appended = await this.append(records);
    const receipt = createReceipt(events, appended);
    await reply
      .code(receipt.refused === 0 ? 200 : 207)
      .header('content-type', 'application/json; charset=utf-8')
      .send(JSON.stringify(receipt));
  }

  private judge(body: Buffer): readonly JudgedEvent[] {
    const batch = decodeCloudEventJson(body, { topicPrefix: this.ports.topicPrefix, maxEvents: MAX_EVENTS });
    if (batch.kind === 'too-many-events') throw new ProblemError('too-many-events', `send at most ${MAX_EVENTS} events at once`);
    if (batch.kind === 'rejected') throw refuseBatch(batch);
    if (batch.events.length === 0) throw new ProblemError('body-invalid', 'the batch holds no event');
    return batch.events;
  }

  private append(records: readonly RecordToAppend[]): Promise<readonly AppendedRecord[]> {
    return records.length === 0
      ? Promise.resolve([])
      : withDeadline(this.ports.log.append(records), APPEND_TIMEOUT_MS, 'appending the events');
  }
}

function createReceipt(events: readonly JudgedEvent[], appended: readonly AppendedRecord[]): EventsReceipt {
  const positions = appended.values();
  const verdicts = events.map((event, index) => createVerdict(event, index, positions));
  return { appended: appended.length, refused: events.length - appended.length, position: receiptPosition(appended), verdicts };
}

function refuseBatch({ code, reason, path }: RejectedRecord): ProblemError {
  const isText = code === 'invalid-utf8' || code === 'invalid-json';
  return new ProblemError(isText ? 'json-invalid' : 'body-invalid', reason, { errors: [{ field: path, rule: reason }] });
}

/** @param positions of the appended ones, in the order of the batch: one is taken for each. */
function createVerdict(event: JudgedEvent, index: number, positions: Iterator<AppendedRecord>): EventVerdict {
  const { decoded } = event;
  if (decoded.kind === 'event') {
    const { topic, partition, offset } = positions.next().value as AppendedRecord;
    return { index, verdict: 'appended', id: decoded.envelope.id, position: { topic, partition, offset: offset.toString() } };
  }
  if (decoded.kind === 'rejected') {
    const { code, path, reason } = decoded;
    return { index, verdict: 'refused', code, path, reason };
  }
  const type = decoded.kind === 'ignored' ? decoded.type : 'a tombstone';
  return {
    index,
    verdict: 'refused',
    code: 'unknown-type',
    path: 'value.type',
    reason: `${type} is not a type of this product; see docs/events`,
  };
}
