import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { aboutVariable, VARIABLE_NAMES } from '@harvest/config';
import type { VariableName } from '@harvest/config';
import { parse } from 'yaml';
import { kustomizationSchema, manifestSchema } from './manifest-schema';
import type { Container, Manifest } from './manifest-schema';

export const ROOT = join(__dirname, '..', '..');
export const readText = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

interface PackageFile {
  readonly version: string;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
}
export const packageFile = JSON.parse(readText('package.json')) as PackageFile;
const lockFile = JSON.parse(readText('package-lock.json')) as { readonly packages: Readonly<Record<string, { readonly version: string }>> };
/** The Node that `npm ci` brings, and so the one that everything was tested on. */
export const lockedNode = lockFile.packages['node_modules/node']?.version ?? '';

interface Instruction {
  readonly keyword: string;
  readonly text: string;
}
/** A Dockerfile without comments, one instruction a line. */
export const instructions: readonly Instruction[] = readText('Dockerfile')
  .split('\n')
  .filter((line) => /^[A-Z]/.test(line))
  .map((line) => ({ keyword: line.split(' ', 1)[0] ?? '', text: line.slice(line.indexOf(' ') + 1) }));

/** What the image sets for every process in it. */
export const imageEnvironment: Readonly<Record<string, string>> = Object.fromEntries(
  instructions.filter(({ keyword }) => keyword === 'ENV').map(({ text }) => text.split('=', 2) as [string, string]),
);

export const BASE = 'k8s/base';
export const manifestFiles = readdirSync(join(ROOT, BASE)).filter((file) => file !== 'kustomization.yaml');
export const kustomization = kustomizationSchema.parse(parse(readText(`${BASE}/kustomization.yaml`)));
/** @throws ZodError for a field that Kubernetes does not know, or that no manifest had before. */
export const parseManifest = (manifest: unknown): Manifest => manifestSchema.parse(manifest);
export const manifests: readonly Manifest[] = manifestFiles.map((file) => parseManifest(parse(readText(`${BASE}/${file}`))));

/** The ConfigMap's settings. */
export const settings: Readonly<Record<string, string>> = Object.fromEntries(
  kustomization.configMapGenerator.flatMap(({ literals }) => literals.map((literal) => literal.split('=', 2) as [string, string])),
);

export const isVariable = (name: string): name is VariableName => VARIABLE_NAMES.some((known) => known === name);
export const isSecret = (name: string): boolean => isVariable(name) && aboutVariable(name).secret === true;

/** What a container is told; secrets as their examples, those that may be absent only on request. */
export function environmentOf(container: Container, withOptional: boolean): Record<string, string> {
  const given = (container.env ?? []).filter(({ valueFrom }) => withOptional || valueFrom.secretKeyRef.optional !== true);
  const secrets = given.map(({ name }) => [name, (isVariable(name) && aboutVariable(name).example) || 'an example of a secret']);
  return { ...imageEnvironment, ...settings, ...(Object.fromEntries(secrets) as Record<string, string>) };
}

/** From SIGTERM to the end, at most, in ms: what the process promises. */
export function shutdownLimitMs(app: string): number {
  const [, limit = 'NaN'] = /SHUTDOWN_LIMIT_MS = ([\d_]+);/.exec(readText(`apps/${app}/src/main.ts`)) ?? [];
  return Number(limit.replaceAll('_', ''));
}

/** What V8 may take for old objects, in MiB. */
export function oldSpaceMiB(app: string): number {
  return Number(/--max-old-space-size=(\d+)/.exec(packageFile.scripts[`start:${app}`] ?? '')?.[1]);
}
