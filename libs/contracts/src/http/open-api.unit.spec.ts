import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createOpenApiDocument, VIEWS } from './open-api';
import { PROBLEMS } from './problem';
import { OPERATION_IDS, ROUTES } from './route-table';
import type { RouteSpec } from './route';

const path = join(__dirname, '../../../../docs/openapi.json');
const render = () => `${JSON.stringify(createOpenApiDocument(), null, 2)}\n`;

describe('the OpenAPI document', () => {
  it('in docs is what the schemas say (UPDATE_DOCUMENTS=1 writes it)', () => {
    if (process.env['UPDATE_DOCUMENTS'] === '1') writeFileSync(path, render());
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(JSON.parse(render()));
  });

  it('points only at what it holds', () => {
    const document = render();
    const { components } = createOpenApiDocument() as { components: Record<string, Record<string, unknown>> };
    const targets = [...document.matchAll(/"\$ref": "#\/components\/(\w+)\/([^"/]+)"/g)];
    expect(targets.length).toBeGreaterThan(20);
    for (const [, group = '', name = ''] of targets) expect(Object.keys(components[group] ?? {})).toContain(name);
    expect([...document.matchAll(/"\$ref"/g)]).toHaveLength(targets.length);
  });

  it.each(OPERATION_IDS)('%s names known views and declares its path parameters', (id) => {
    const route: RouteSpec = ROUTES[id];
    const named = [...Object.values(route.answers).map((answer) => answer.view), ...Object.values(route.body?.mediaTypes ?? {})];
    for (const view of named) if (view !== undefined) expect(Object.keys(VIEWS)).toContain(view);
    const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
    expect(Object.keys(route.pathParameters)).toEqual(inPath);
  });

  it('problem codes are kebab-case and have error statuses', () => {
    for (const [code, { status }] of Object.entries(PROBLEMS)) {
      expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(status).toBeGreaterThanOrEqual(400);
    }
  });
});
