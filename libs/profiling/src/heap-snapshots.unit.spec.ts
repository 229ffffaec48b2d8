import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { HeapSnapshots } from './heap-snapshots';

/** A snapshot of a heap takes seconds: here a text stands for it. */
const small = () => Readable.from(['{"snap', 'shot":{}}']);
const closed = (stream: Readable) => new Promise((resolve) => stream.once('close', resolve));

describe('heap snapshots', () => {
  it('are read whole, one at a time', async () => {
    const heap = new HeapSnapshots(1_000, small);
    const first = heap.take()!;
    expect(heap.take()).toBeNull();
    expect(await text(first)).toBe('{"snapshot":{}}');
    expect(await text(heap.take()!)).toBe('{"snapshot":{}}');
  });

  it('make room for the next when their reader leaves', async () => {
    const heap = new HeapSnapshots(1_000, small);
    const left = heap.take()!;
    left.destroy();
    await closed(left);
    expect(await text(heap.take()!)).toBe('{"snapshot":{}}');
  });

  it('make room for the next when nobody reads them', async () => {
    const heap = new HeapSnapshots(50, small);
    const unread = heap.take()!;
    const failed = new Promise((resolve) => unread.once('error', resolve));
    expect(heap.take()).toBeNull();
    expect(await failed).toMatchObject({ code: 'snapshot-not-read' });
    const next = heap.take()!;
    heap.close();
    await closed(next);
  });

  it('make room for the next when none could be made', async () => {
    const broken = () => new Readable({ read: (): void => undefined, construct: (done) => done(new Error('no memory')) });
    let makes = broken;
    const heap = new HeapSnapshots(1_000, () => makes());
    await expect(text(heap.take()!)).rejects.toThrow('no memory');
    makes = small;
    expect(await text(heap.take()!)).toBe('{"snapshot":{}}');
  });
});
