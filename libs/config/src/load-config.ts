import { HarvestError } from '@harvest/kernel';
import type { Config, ServiceConfig } from './config';
import { toConfig } from './config';
import type { Environment, VariableName } from './environment';
import { aboutVariable, environmentSchema, VARIABLE_NAMES } from './environment';
import { nearestName } from './nearest-name';

export type RawEnvironment = Readonly<Record<string, string | undefined>>;

export interface ConfigProblem {
  readonly variable: string;
  /** The rule that is broken and what to do. */
  readonly problem: string;
}

/** The whole configuration. @throws HarvestError `config-invalid`, one for all problems; no secret is in it. */
export function loadConfig(environment: RawEnvironment = process.env): Config {
  return load(environment, []);
}

/** For processes that bring no services of their own: DATABASE_URL and KAFKA_BROKERS must be set too. */
export function loadServiceConfig(environment: RawEnvironment = process.env): ServiceConfig {
  return load(environment, ['DATABASE_URL', 'KAFKA_BROKERS']) as ServiceConfig;
}

function load(environment: RawEnvironment, required: readonly VariableName[]): Config {
  const given = pickGiven(environment);
  const parsed = environmentSchema.safeParse(given);
  const problems = [
    ...required.filter((name) => given[name] === undefined).map(missing),
    ...(parsed.error?.issues ?? []).map((issue) => broken(issue.path[0] as VariableName, issue.message, given)),
    ...(parsed.success ? disagreements(parsed.data) : []),
    ...unknownVariables(environment),
  ];
  if (problems.length > 0 || !parsed.success) throw invalid(problems);
  return toConfig(parsed.data);
}

/** An empty variable counts as not set, as in most shells' `export X=`. */
function pickGiven(environment: RawEnvironment): Partial<Record<VariableName, string>> {
  const given = VARIABLE_NAMES.map((name) => [name, environment[name]?.trim()] as const);
  return Object.fromEntries(given.filter(([, value]) => value !== undefined && value !== ''));
}

function missing(name: VariableName): ConfigProblem {
  return { variable: name, problem: `is not set; set it, e.g. ${name}=${aboutVariable(name).example ?? ''}` };
}

function broken(name: VariableName, message: string, given: Partial<Record<VariableName, string>>): ConfigProblem {
  const { secret, example, fallback } = aboutVariable(name);
  const got = secret ? '' : `, not ${JSON.stringify(given[name])}`;
  return { variable: name, problem: `${message}${got}; e.g. ${name}=${example ?? fallback ?? '…'}` };
}

function disagreements(variables: Environment): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  if (variables.HARVEST_HTTP_PORT !== 0 && variables.HARVEST_HTTP_PORT === variables.HARVEST_OPERATOR_PORT) {
    problems.push({ variable: 'HARVEST_OPERATOR_PORT', problem: 'is the port of the public API too; give each listener its own' });
  }
  if (variables.HARVEST_FAULTS !== null && variables.NODE_ENV !== 'test') {
    problems.push({ variable: 'HARVEST_FAULTS', problem: 'injects faults and is accepted under NODE_ENV=test only; unset it' });
  }
  return problems;
}

/** Kubernetes announces every service in the environment of its pods: a service called `harvest-…` looks like one of ours. */
const SERVICE_LINK = /_SERVICE_(HOST|PORT)|_PORT(_\d+_(TCP|UDP|SCTP).*)?$/;

/** Of the development tools (the set of services, the run of tests); the product passes over them. */
const OF_TOOLS: ReadonlySet<string> = new Set(['HARVEST_SERVICES', 'HARVEST_TEST_RUN']);

function unknownVariables(environment: RawEnvironment): readonly ConfigProblem[] {
  const known = new Set<string>(VARIABLE_NAMES);
  const unknown = Object.keys(environment).filter((name) => name.startsWith('HARVEST_') && !known.has(name) && !OF_TOOLS.has(name));
  return unknown.filter((name) => !SERVICE_LINK.test(name)).map((name) => ({ variable: name, problem: unknownHint(name) }));
}

function unknownHint(name: string): string {
  const nearest = nearestName(name, VARIABLE_NAMES);
  return `is not known; ${nearest === null ? 'unset it (docs/configuration.md lists all)' : `do you mean ${nearest}?`}`;
}

function invalid(problems: readonly ConfigProblem[]): HarvestError {
  const lines = problems.map(({ variable, problem }) => `  ${variable} ${problem}`);
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  return new HarvestError({
    code: 'config-invalid',
    message: `the configuration has ${count}:\n${lines.join('\n')}`,
    context: { problems },
  });
}
