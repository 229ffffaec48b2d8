import type { Plan } from './schedule';
import type { SoakResult } from './soak';

interface KindCount {
  readonly kind: string;
  readonly injected: number;
  readonly effective: number;
}

function countKinds({ strikes }: SoakResult, plan: Plan): readonly KindCount[] {
  const kinds = [...new Set([...Object.keys(plan.minimum), ...strikes.map(({ kind }) => kind)])];
  return kinds.map((kind) => {
    const ofKind = strikes.filter((strike) => strike.kind === kind);
    return { kind, injected: ofKind.length, effective: ofKind.filter(({ effective }) => effective).length };
  });
}

const effectiveInTransaction = ({ strikes }: SoakResult) =>
  strikes.filter(({ effective, inTransaction }) => effective && inTransaction === true).length;

/** What was promised and not kept; empty: all was. */
export function missesOf(result: SoakResult, plan: Plan): readonly string[] {
  const { proof, readers, feeder, strikes } = result;
  const effective = strikes.filter((strike) => strike.effective).length;
  const checks: readonly (readonly [boolean, string])[] = [
    ...countKinds(result, plan).map(
      (one) => [one.effective >= (plan.minimum[one.kind] ?? 0), `${one.kind}: ${one.effective} effective`] as const,
    ),
    [result.troubles.length === 0, `troubles: ${result.troubles.join(' | ')}`],
    [effective >= plan.minimumEffective, `${effective} effective faults, ${plan.minimumEffective} wanted`],
    [effectiveInTransaction(result) >= plan.minimumInTransaction, `${effectiveInTransaction(result)} killed with a transaction open`],
    [feeder.acknowledged >= plan.minimumEvents, `${feeder.acknowledged} events, ${plan.minimumEvents} wanted`],
    [proof.recordsInLog >= feeder.acknowledged, `${proof.recordsInLog} records in the log of ${feeder.acknowledged} acknowledged`],
    [proof.lost === 0 && proof.doubled === 0, `${proof.lost} lost, ${proof.doubled} doubled`],
    [proof.ledger.answered === proof.ledger.fed, `the api's last total is ${proof.ledger.answered} of ${proof.ledger.fed}`],
    [proof.first.ok && proof.again.ok, 'the oracle disagrees'],
    [isSame(proof.first.tables, proof.again.tables), 'content hashes changed by a second delivery'],
    [proof.deadLetters.missing + proof.deadLetters.unexpected === 0, 'dead letters are not those that were sent'],
    [proof.ingestions.others.length === 0, `ingestions: ${proof.ingestions.others.join(', ')}`],
    [readers.failed === 0, `readers: ${readers.failures.join(' | ')}`],
  ];
  return checks.filter(([kept]) => !kept).map(([, miss]) => miss);
}

type Tables = SoakResult['proof']['first']['tables'];
const isSame = (left: Tables, right: Tables) => left.every(({ actualHash }, index) => actualHash === right[index]?.actualHash);

export function report(result: SoakResult, plan: Plan, misses: readonly string[]): string {
  const { proof, readers, feeder, strikes } = result;
  const kinds = countKinds(result, plan);
  const width = Math.max(...kinds.map(({ kind }) => kind.length));
  const line = (name: string, ...values: readonly (string | number)[]) => `${name.padEnd(width)}  ${values.join(' · ')}`;
  const { fed, rows, counted, answered } = proof.ledger;
  const effective = strikes.filter((strike) => strike.effective).length;
  const rate = Math.round(feeder.acknowledged / result.feedSeconds);
  return [
    `${'fault'.padEnd(width)}  injected  effective`,
    ...kinds.map((one) => `${one.kind.padEnd(width)}  ${String(one.injected).padStart(8)}  ${String(one.effective).padStart(9)}`),
    `${'all'.padEnd(width)}  ${String(strikes.length).padStart(8)}  ${String(effective).padStart(9)}`,
    line('with a transaction open', effectiveInTransaction(result)),
    line(
      'events',
      `${feeder.acknowledged} acknowledged`,
      `${rate}/s`,
      `${proof.recordsInLog} in the log`,
      `${feeder.retries} batches sent again`,
    ),
    line('ledger', `${fed} insert-only artifacts fed`, `${rows} rows`, `${counted} counted`, `${answered} answered`),
    line('lost', proof.lost),
    line('doubled', proof.doubled),
    line('oracle', proof.first.ok && proof.again.ok ? 'clean' : 'NOT clean', `${proof.first.records} records`),
    ...proof.first.tables.map((one) => line(`  ${one.table}`, `${one.compared} rows`, `${one.differing} differ`, one.actualHash)),
    line(
      'dead letters',
      `${proof.deadLetters.poison} poison`,
      `${proof.deadLetters.waiting} waiting`,
      `${proof.deadLetters.missing} missing`,
    ),
    line('ingestions', `${proof.ingestions.complete} complete`, `${proof.ingestions.others.length} otherwise`),
    line('reads', `${readers.polls} polls`, `${readers.failed} failed`, `${readers.torn} torn`, `${readers.fallenTotals} totals fell`),
    line('', `${readers.refused} refused while Postgres was down`, `slowest ${readers.slowestMs} ms`, cacheLine(readers.verdicts)),
    line('slowest resume', `${(result.slowestResumeMs / 1000).toFixed(1)} s`),
    ...misses.map((miss) => `MISS ${miss}`),
    ...proof.first.differences
      .slice(0, 5)
      .map((difference) => JSON.stringify(difference, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value))),
    `integrity: ${misses.length === 0 ? 'kept' : 'BROKEN'}: ${effective} effective faults, ${feeder.acknowledged} events, ${proof.lost} lost, ${proof.doubled} doubled, oracle ${proof.first.ok ? 'clean' : 'NOT clean'}`,
  ].join('\n');
}

const cacheLine = (verdicts: ReadonlyMap<string, number>) => [...verdicts].map(([verdict, count]) => `${count} ${verdict}`).join(', ');
