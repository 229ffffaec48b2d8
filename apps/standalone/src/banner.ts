interface Addresses {
  readonly apiUrl: string;
  readonly operatorUrl: string;
}

/** Where to look, with three questions that have answers. */
export async function describeReady(addresses: Addresses): Promise<string> {
  const { apiUrl, operatorUrl } = addresses;
  const artifactId = await findArtifactId(apiUrl);
  return [
    '',
    `  API            ${apiUrl}/v1/discoveries`,
    `  documentation  ${apiUrl}/docs`,
    `  operators      ${operatorUrl}/health  (also /metrics, /cache/stats, /pool/stats)`,
    '',
    ...(artifactId === null ? emptyHints() : questions(apiUrl, artifactId)),
    '',
    'Ctrl-C stops it. bin/harvest --help lists what operators can do.',
    '',
  ].join('\n');
}

function questions(apiUrl: string, artifactId: string): readonly string[] {
  return [
    `  curl '${apiUrl}/v1/discoveries?sort=hot&limit=5'`,
    `  curl '${apiUrl}/v1/discoveries?source=arxiv&minScore=60&sort=score&limit=5'`,
    `  curl '${apiUrl}/v1/artifacts/${encodeURIComponent(artifactId)}'`,
  ];
}

function emptyHints(): readonly string[] {
  return ['It is empty. Fill it with `bin/harvest simulate --wait` or `bin/harvest publish FILE --wait`.'];
}

/** The best discovery's; null when there is none. */
async function findArtifactId(apiUrl: string): Promise<string | null> {
  const response = await fetch(`${apiUrl}/v1/discoveries?sort=score&limit=1`, { signal: AbortSignal.timeout(5000) });
  const page = (await response.json()) as { readonly items?: readonly { readonly artifactId: string }[] };
  return page.items?.[0]?.artifactId ?? null;
}
