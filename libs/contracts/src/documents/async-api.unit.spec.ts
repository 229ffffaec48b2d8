import { Parser } from '@asyncapi/parser';
import { createAsyncApiDocument } from './async-api';

async function complaints(document: unknown): Promise<readonly string[]> {
  const { diagnostics } = await new Parser().parse(JSON.stringify(document));
  const errorsAndWarnings = diagnostics.filter(({ severity }) => [0, 1].includes(severity));
  return errorsAndWarnings.map(({ message, path }) => `${path.join('.')}: ${message}`);
}

describe('the parser of AsyncAPI', () => {
  it('accepts the document without an error or a warning', async () => {
    expect(await complaints(createAsyncApiDocument())).toEqual([]);
  });

  it('would see a reference that leads nowhere', async () => {
    const broken = { ...createAsyncApiDocument(), operations: { x: { action: 'receive', channel: { $ref: '#/channels/none' } } } };
    expect(await complaints(broken)).not.toEqual([]);
  });
});
