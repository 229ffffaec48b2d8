import { z } from 'zod';

/*
 * The part of the Kubernetes API that k8s/base uses, strictly: an apiserver drops a field that it does not know, or refuses it long
 * after the review. A new field is written here first, from the API reference.
 */
const labels = z.record(z.string(), z.string());
const metadata = z.strictObject({ name: z.string().regex(/^[a-z][a-z0-9-]{0,52}$/) });
const count = z.int().min(0);
const port = z.int().min(1).max(65_535);
const quantity = z.string().regex(/^\d+(m|Mi|Gi)?$/);
const selector = z.strictObject({ matchLabels: labels });

const probe = z.strictObject({
  httpGet: z.strictObject({ path: z.string(), port: z.string() }),
  periodSeconds: count,
  timeoutSeconds: count,
  failureThreshold: count,
});

const container = z.strictObject({
  name: z.string(),
  image: z.string(),
  args: z.array(z.string()).min(1),
  envFrom: z.array(z.strictObject({ configMapRef: z.strictObject({ name: z.string() }) })),
  // No `value`: plain settings are the ConfigMap's, and a secret's value is in no file.
  env: z
    .array(
      z.strictObject({
        name: z.string(),
        valueFrom: z.strictObject({
          secretKeyRef: z.strictObject({ name: z.string(), key: z.string(), optional: z.boolean().optional() }),
        }),
      }),
    )
    .optional(),
  ports: z.array(z.strictObject({ name: z.string().max(15), containerPort: port })).optional(),
  startupProbe: probe.optional(),
  livenessProbe: probe.optional(),
  readinessProbe: probe.optional(),
  lifecycle: z
    .strictObject({ preStop: z.strictObject({ exec: z.strictObject({ command: z.tuple([z.literal('sleep'), z.string()]) }) }) })
    .optional(),
  resources: z.strictObject({
    requests: z.strictObject({ cpu: quantity, memory: quantity }),
    limits: z.strictObject({ memory: quantity }),
  }),
  securityContext: z.strictObject({
    allowPrivilegeEscalation: z.literal(false),
    readOnlyRootFilesystem: z.literal(true),
    capabilities: z.strictObject({ drop: z.tuple([z.literal('ALL')]) }),
  }),
});
export type Container = z.infer<typeof container>;

const podSpec = z.strictObject({
  restartPolicy: z.literal('Never').optional(),
  automountServiceAccountToken: z.literal(false),
  enableServiceLinks: z.literal(false),
  terminationGracePeriodSeconds: count.optional(),
  topologySpreadConstraints: z
    .array(
      z.strictObject({
        maxSkew: count,
        topologyKey: z.string(),
        whenUnsatisfiable: z.enum(['ScheduleAnyway', 'DoNotSchedule']),
        labelSelector: selector,
      }),
    )
    .optional(),
  securityContext: z.strictObject({
    runAsNonRoot: z.literal(true),
    runAsUser: z.int().min(1),
    runAsGroup: z.int().min(1),
    seccompProfile: z.strictObject({ type: z.literal('RuntimeDefault') }),
  }),
  containers: z.tuple([container]),
});
const template = z.strictObject({ metadata: z.strictObject({ labels, annotations: labels.optional() }), spec: podSpec });

const deployment = z.strictObject({
  apiVersion: z.literal('apps/v1'),
  kind: z.literal('Deployment'),
  metadata,
  spec: z.strictObject({
    replicas: count,
    selector,
    strategy: z.strictObject({
      type: z.literal('RollingUpdate'),
      rollingUpdate: z.strictObject({ maxSurge: count, maxUnavailable: count }),
    }),
    template,
  }),
});

const job = z.strictObject({
  apiVersion: z.literal('batch/v1'),
  kind: z.literal('Job'),
  metadata,
  spec: z.strictObject({ backoffLimit: count, activeDeadlineSeconds: count, ttlSecondsAfterFinished: count, template }),
});

const service = z.strictObject({
  apiVersion: z.literal('v1'),
  kind: z.literal('Service'),
  metadata,
  spec: z.strictObject({ selector: labels, ports: z.array(z.strictObject({ name: z.string(), port, targetPort: z.string() })) }),
});

const disruptionBudget = z.strictObject({
  apiVersion: z.literal('policy/v1'),
  kind: z.literal('PodDisruptionBudget'),
  metadata,
  spec: z.strictObject({ minAvailable: count, selector }),
});

const networkPolicy = z.strictObject({
  apiVersion: z.literal('networking.k8s.io/v1'),
  kind: z.literal('NetworkPolicy'),
  metadata,
  spec: z.strictObject({
    podSelector: selector,
    policyTypes: z.tuple([z.literal('Ingress')]),
    ingress: z.array(
      z.strictObject({
        from: z.array(z.strictObject({ namespaceSelector: selector })).optional(),
        ports: z.array(z.strictObject({ port: z.string() })),
      }),
    ),
  }),
});

export const manifestSchema = z.discriminatedUnion('kind', [deployment, job, service, disruptionBudget, networkPolicy]);
export type Manifest = z.infer<typeof manifestSchema>;

export const kustomizationSchema = z.strictObject({
  apiVersion: z.literal('kustomize.config.k8s.io/v1beta1'),
  kind: z.literal('Kustomization'),
  labels: z.array(z.strictObject({ pairs: labels, includeTemplates: z.literal(true) })),
  images: z.array(z.strictObject({ name: z.string(), newTag: z.string() })),
  configMapGenerator: z.array(
    z.strictObject({ name: z.string(), literals: z.array(z.string().regex(/^[A-Z][A-Z0-9_]*=.+$/, 'must be NAME=value')) }),
  ),
  resources: z.array(z.string()),
});
