import { HarvestError } from '@harvest/kernel';

const TIMEOUT_MS = 5000;

/** The operators' listener of a running api, over HTTP. */
export class OperatorsClient {
  /** @param baseUrl without a slash at the end. */
  constructor(private readonly baseUrl: string) {}

  /** The parsed answer. @throws `operators-unreachable` (retriable), `operators-refused`. */
  async call(method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown> {
    const response = await this.send(method, path, body);
    const text = await response.text();
    const parsed = parse(text);
    if (response.ok) return parsed;
    throw new HarvestError({ code: 'operators-refused', message: `${method} ${path}: ${detailOf(parsed) ?? `HTTP ${response.status}`}` });
  }

  private async send(method: string, path: string, body: unknown): Promise<Response> {
    const content = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    try {
      return await fetch(`${this.baseUrl}${path}`, { method, ...content, signal: AbortSignal.timeout(TIMEOUT_MS) });
    } catch (error) {
      throw new HarvestError({
        code: 'operators-unreachable',
        retriable: true,
        message: `the operators' listener at ${this.baseUrl} does not answer`,
        cause: error,
      });
    }
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** The sentence of a problem document. */
function detailOf(parsed: unknown): string | null {
  if (typeof parsed !== 'object' || parsed === null) return null;
  const { detail, title } = parsed as { detail?: unknown; title?: unknown };
  if (typeof detail === 'string') return detail;
  return typeof title === 'string' ? title : null;
}
