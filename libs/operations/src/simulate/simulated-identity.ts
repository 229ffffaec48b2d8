import type { ArtifactObserved } from '@harvest/contracts';
import { createRandom } from './random';
import { PROJECT_KINDS, PROJECT_NAMES } from './vocabulary';

export interface SimulatedIdentity {
  readonly artifactId: string;
  readonly source: string;
  readonly artifactType: ArtifactObserved['artifactType'];
  readonly url: string;
}

interface Origin {
  readonly share: number;
  readonly source: string;
  readonly artifactType: ArtifactObserved['artifactType'];
}

/** The mix of sources; shares sum to 1. */
const ORIGINS: readonly Origin[] = [
  { share: 0.38, source: 'arxiv', artifactType: 'preprint' },
  { share: 0.08, source: 'acl-anthology', artifactType: 'paper' },
  { share: 0.03, source: 'crossref', artifactType: 'paper' },
  { share: 0.17, source: 'github', artifactType: 'repository' },
  { share: 0.04, source: 'github', artifactType: 'release' },
  { share: 0.12, source: 'hackernews', artifactType: 'post' },
  { share: 0.05, source: 'lobsters', artifactType: 'post' },
  { share: 0.06, source: 'reddit', artifactType: 'post' },
  { share: 0.07, source: 'x', artifactType: 'tweet' },
];
const IDENTITY_STREAM = 0x1d;

/** Who the artifact of this number is: a pure function, so that others may cite it before it exists. */
export function simulatedIdentity(seed: number, index: number): SimulatedIdentity {
  const random = createRandom(seed ^ Math.imul(index + 1, 0x9e3779b1), IDENTITY_STREAM);
  const { source, artifactType } = originAt(random.next());
  const project = `${random.pick(PROJECT_NAMES)}-${random.pick(PROJECT_KINDS)}-${index}`;
  const local = localName(source, artifactType, { index, project });
  return { artifactId: `${source}:${local}`, source, artifactType, url: urlOf(source, local) };
}

function originAt(point: number): Origin {
  let upTo = 0;
  for (const origin of ORIGINS) {
    upTo += origin.share;
    if (point < upTo) return origin;
  }
  return ORIGINS[0] as Origin;
}

function localName(source: string, artifactType: string, about: { index: number; project: string }): string {
  const { index, project } = about;
  if (artifactType === 'repository') return `${project.split('-')[0]}/${project}`;
  if (artifactType === 'release') return `${project.split('-')[0]}/${project}@v1.${index % 20}.0`;
  if (source === 'arxiv') return `25${pad((index % 12) + 1, 2)}.${pad(index, 5)}`;
  if (source === 'acl-anthology') return `S25-${pad(index, 5)}`;
  return source === 'crossref' ? `10.5555/sim.${index}` : String(41_000_000 + index * 7);
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0');
}

const URL_BASES: Readonly<Record<string, string>> = {
  arxiv: 'https://arxiv.org/abs/',
  'acl-anthology': 'https://aclanthology.org/',
  crossref: 'https://doi.org/',
  github: 'https://github.com/',
  hackernews: 'https://news.ycombinator.com/item?id=',
  lobsters: 'https://lobste.rs/s/',
  reddit: 'https://www.reddit.com/comments/',
  x: 'https://x.com/i/status/',
};

function urlOf(source: string, local: string): string {
  return `${URL_BASES[source] ?? 'https://example.org/'}${local.replace('@', '/releases/tag/')}`;
}
