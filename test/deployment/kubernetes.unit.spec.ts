import { loadConfig, loadServiceConfig } from '@harvest/config';
import { ROUTES } from '@harvest/contracts';
import { createMetrics, createOperatorListener, HealthRegistry, silentLogger } from '@harvest/observability';
import type { OperatorListener } from '@harvest/observability';
import { parse } from 'yaml';
import * as files from './deployment-files';
import type { Container } from './manifest-schema';

const { manifests, kustomization, settings } = files;
const deployments = manifests.filter((manifest) => manifest.kind === 'Deployment');
const jobs = manifests.filter((manifest) => manifest.kind === 'Job');
/** By what the image is told to be. */
const workloads = [...deployments, ...jobs].map(({ spec }) => {
  const container = spec.template.spec.containers[0];
  return { name: container.args.join(' '), container, template: spec.template };
});
const named = (name: string) => workloads.find((workload) => workload.name === name)!;
const podLabels = workloads.map(({ template }) => ({ ...template.metadata.labels, ...kustomization.labels[0]?.pairs }));
const podsWith = (wanted: Readonly<Record<string, string>>) =>
  podLabels.filter((labels) => Object.entries(wanted).every(([name, value]) => (labels as Record<string, string>)[name] === value));
const apps = ['api', 'projector'] as const;
const routes: readonly string[] = Object.values(ROUTES).map(({ path }) => path);
const readme = files.readText('k8s/README.md');

function mebibytes(quantity: string): number {
  const [, amount, unit] = /^(\d+)(Mi|Gi)$/.exec(quantity) ?? [];
  return Number(amount) * (unit === 'Gi' ? 1024 : 1);
}
const probesOf = ({ startupProbe, livenessProbe, readinessProbe }: Container) => [startupProbe!, livenessProbe!, readinessProbe!];
const portOf = (container: Container, name: string) => container.ports?.find((port) => port.name === name)?.containerPort;

describe('k8s/base', () => {
  it('lists every file, and no other', () => {
    expect(kustomization.resources).toEqual(files.manifestFiles.sort());
  });

  it('has what the product consists of', () => {
    expect(workloads.map(({ name }) => name).sort()).toEqual(['api', 'db migrate', 'projector', 'topics create']);
  });

  it('refuses a misspelt field', () => {
    const spoilt = files.readText(`${files.BASE}/api-service.yaml`).replace('targetPort', 'targetport');
    expect(() => files.parseManifest(parse(spoilt))).toThrow('targetport');
  });

  it('runs the image of this version', () => {
    expect(kustomization.images).toEqual([{ name: 'signal-harvester', newTag: files.packageFile.version }]);
    for (const { container } of workloads) expect(container.image).toBe('signal-harvester');
  });

  it('selects pods that there are', () => {
    for (const { spec, metadata } of deployments)
      expect([metadata.name, podsWith(spec.selector.matchLabels).length]).toEqual([metadata.name, 1]);
    for (const manifest of manifests) {
      if (manifest.kind === 'Service') expect(podsWith(manifest.spec.selector)).toHaveLength(1);
      if (manifest.kind === 'PodDisruptionBudget') expect(podsWith(manifest.spec.selector.matchLabels)).toHaveLength(1);
      if (manifest.kind === 'NetworkPolicy') expect(podsWith(manifest.spec.podSelector.matchLabels)).toHaveLength(workloads.length);
    }
  });

  it('leaves an api when a node is drained', () => {
    const budget = manifests.find((manifest) => manifest.kind === 'PodDisruptionBudget');
    const api = deployments.find(({ metadata }) => metadata.name === 'harvest-api');
    expect(budget?.spec.minAvailable).toBeGreaterThan(0);
    expect(api?.spec.replicas).toBeGreaterThan(budget!.spec.minAvailable);
  });
});

describe('the environment of the pods', () => {
  it('has only names that the configuration knows, and no secret among the settings', () => {
    for (const name of Object.keys(settings)) expect([name, files.isVariable(name), files.isSecret(name)]).toEqual([name, true, false]);
  });

  it('takes from secrets what is secret, under keys that k8s/README.md creates', () => {
    const references = workloads.flatMap(({ container }) => container.env ?? []);
    expect(references.map(({ name }) => name)).toEqual(expect.arrayContaining(['DATABASE_URL', 'REDIS_URL', 'HARVEST_CURSOR_SECRET']));
    for (const { name, valueFrom } of references) {
      expect([name, files.isSecret(name)]).toEqual([name, true]);
      expect(readme).toContain(`create secret generic ${valueFrom.secretKeyRef.name} `);
      expect(readme).toContain(`--from-literal=${valueFrom.secretKeyRef.key}=`);
    }
  });

  it('takes the ConfigMap that is generated', () => {
    const [map] = kustomization.configMapGenerator;
    for (const { container } of workloads) expect(container.envFrom).toEqual([{ configMapRef: { name: map?.name } }]);
  });

  it.each(apps)('%s: starts on it, with and without what is optional', (app) => {
    const { container } = named(app);
    expect(loadServiceConfig(files.environmentOf(container, false)).environment).toBe('production');
    const { http, operator } = loadServiceConfig(files.environmentOf(container, true));
    expect(operator).toEqual({ host: '0.0.0.0', port: portOf(container, 'operators') });
    if (app === 'api') expect(http.port).toBe(portOf(container, 'http'));
  });

  it('gives the jobs what they need, and no more', () => {
    const [migrate, topics] = ['db migrate', 'topics create'].map((name) => files.environmentOf(named(name).container, true));
    expect(loadConfig(migrate).databaseUrl).not.toBeNull();
    expect(loadConfig(topics)).toMatchObject({ databaseUrl: null, kafkaBrokers: [expect.any(String)] });
  });

  it('asks for no more connections than Postgres has, even while everything is rolled', () => {
    const { database } = loadConfig(settings);
    // docs/operations.md has the sum of one process.
    const most = (writers: number) => database.poolSize + database.poolOverflow + 5 + writers;
    const writersOf = { 'harvest-api': 1, 'harvest-projector': database.writePoolSize };
    const all = deployments.map(({ metadata, spec }) => {
      const pods = spec.replicas + spec.strategy.rollingUpdate.maxSurge;
      return pods * most(writersOf[metadata.name as keyof typeof writersOf]);
    });
    const [, connections] = /-cmax_connections=(\d+)/.exec(files.readText('docker-compose.yml')) ?? [];
    const forOperators = 20;
    expect(all.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(Number(connections) - forOperators);
  });
});

describe('what Kubernetes asks the pods', () => {
  let listener: OperatorListener;
  beforeAll(async () => {
    const surroundings = { health: new HealthRegistry(), metrics: createMetrics(), logger: silentLogger, cache: null, pools: null };
    listener = await createOperatorListener({ host: '127.0.0.1', port: 0, ...surroundings });
  });
  afterAll(() => listener.close());

  it.each(apps)('%s: every probe has its own question, at a port that answers it', async (app) => {
    const { container } = named(app);
    const probes = probesOf(container);
    expect(probes.map(({ httpGet }) => httpGet.path)).toEqual(['/health/startup', '/health/live', '/health/ready']);
    for (const { httpGet } of probes) {
      expect(portOf(container, httpGet.port)).toBeDefined();
      if (httpGet.port === 'http') expect(routes).toContain(httpGet.path);
      else expect((await fetch(listener.url + httpGet.path)).status).toBe(200);
    }
  });

  it.each(apps)('%s: waits longer than a check of the product may take', (app) => {
    const [, checkMs = 'NaN'] = /DEFAULT_TIMEOUT_MS = (\d+)/.exec(files.readText('libs/observability/src/health-registry.ts')) ?? [];
    for (const { timeoutSeconds } of probesOf(named(app).container)) expect(timeoutSeconds * 1000).toBeGreaterThan(Number(checkMs));
  });

  it.each(apps)('%s: metrics are scraped where they are', async (app) => {
    const { container, template } = named(app);
    const at = (name: string) => template.metadata.annotations?.[`prometheus.io/${name}`];
    expect([at('scrape'), at('port')]).toEqual(['true', String(portOf(container, 'operators'))]);
    expect(await (await fetch(`${listener.url}${at('path')}`)).text()).toContain('# TYPE ');
  });

  it('lets everybody to the api, and monitoring alone to the operators’ listener', () => {
    const policy = manifests.find((manifest) => manifest.kind === 'NetworkPolicy');
    const open = policy?.spec.ingress.filter(({ from }) => from === undefined).flatMap(({ ports }) => ports);
    expect(open).toEqual([{ port: 'http' }]);
    const service = manifests.find((manifest) => manifest.kind === 'Service');
    expect(service?.spec.ports.map(({ targetPort }) => targetPort)).toEqual(['http']);
  });

  it.each(apps)('%s: is given longer to leave than it takes', (app) => {
    const { container, template } = named(app);
    const beforeMs = Number(container.lifecycle?.preStop.exec.command[1] ?? 0) * 1000;
    expect(files.shutdownLimitMs(app)).toBeGreaterThan(0);
    expect((template.spec.terminationGracePeriodSeconds ?? 0) * 1000).toBeGreaterThan(beforeMs + files.shutdownLimitMs(app));
  });

  it.each(apps)('%s: has room for the heap that its script allows, and as much as half of that beside it', (app) => {
    const { requests, limits } = named(app).container.resources;
    expect(mebibytes(limits.memory)).toBeGreaterThanOrEqual(1.5 * files.oldSpaceMiB(app));
    expect(mebibytes(requests.memory)).toBeLessThanOrEqual(mebibytes(limits.memory));
  });

  it('are nobody but the user of the image', () => {
    const [user] = files.instructions.filter(({ keyword }) => keyword === 'USER').map(({ text }) => text);
    for (const { template } of workloads) {
      const { runAsUser, runAsGroup } = template.spec.securityContext;
      expect(`${runAsUser}:${runAsGroup}`).toBe(user);
    }
  });

  it('runs a job once, and a deployment for ever', () => {
    for (const { spec } of jobs) expect(spec.template.spec.restartPolicy).toBe('Never');
    for (const { spec } of deployments) expect(spec.template.spec.restartPolicy).toBeUndefined();
  });
});
