/**
 * Where a key stands twice in one object, in document order, or null. Compares keys as they read, not as they are written
 * (`"a"` and `"\u0061"` are one key). Linear in the text; recursion is as deep as the text is nested.
 * @param text valid JSON, nested at most as deep as the decoder allows.
 */
export function findDuplicateKey(text: string): (string | number)[] | null {
  const walker = new KeyWalker(text);
  return walker.value() ? walker.path : null;
}

const SPACES = ' \t\r\n';
const SCALAR_ENDS = `,]}${SPACES}`;

/** Each method consumes what it is named after and tells whether a duplicate was found; `path` then leads to it. */
class KeyWalker {
  readonly path: (string | number)[] = [];
  private at = 0;

  constructor(private readonly text: string) {}

  value(): boolean {
    this.spaces();
    const first = this.text[this.at];
    if (first === '{') return this.object();
    if (first === '[') return this.array();
    if (first === '"') this.string();
    else this.scalar();
    return false;
  }

  private object(): boolean {
    const seen = new Set<string>();
    this.at += 1;
    while (this.hasMore('}')) {
      const key = this.key();
      this.path.push(key);
      if (seen.has(key) || this.value()) return true;
      this.path.pop();
      seen.add(key);
    }
    return false;
  }

  private key(): string {
    const key = JSON.parse(this.string()) as string;
    this.spaces();
    this.at += 1;
    return key;
  }

  private array(): boolean {
    this.at += 1;
    for (let index = 0; this.hasMore(']'); index += 1) {
      this.path.push(index);
      if (this.value()) return true;
      this.path.pop();
    }
    return false;
  }

  /** Moves to the next member or past the container's end. */
  private hasMore(end: string): boolean {
    this.spaces();
    if (this.text[this.at] === ',') {
      this.at += 1;
      this.spaces();
    }
    if (this.text[this.at] !== end) return true;
    this.at += 1;
    return false;
  }

  private spaces(): void {
    while (this.at < this.text.length && SPACES.includes(this.text.charAt(this.at))) this.at += 1;
  }

  private scalar(): void {
    while (this.at < this.text.length && !SCALAR_ENDS.includes(this.text.charAt(this.at))) this.at += 1;
  }

  /** The string's text, quotes included. A regular expression would need stack for each of its characters. */
  private string(): string {
    const start = this.at;
    this.at += 1;
    while (this.at < this.text.length && this.text[this.at] !== '"') this.at += this.text[this.at] === '\\' ? 2 : 1;
    this.at += 1;
    return this.text.slice(start, this.at);
  }
}
