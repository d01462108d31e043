/** Content codings of HTTP bodies (RFC 9110 section 8.4), decoded as the bytes come. */
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import { shorten } from '../../wire/text/shorten.js';

export type BodySink = {
  readonly onData: (bytes: Buffer) => void;
  readonly onEnd: () => void;
  readonly onError: (message: string) => void;
};

export type BodyDecoder = {
  readonly kind: 'decoder';
  write(bytes: Buffer): void;
  /** No more bytes come: `onEnd` or `onError` follows, unless destroyed. */
  end(): void;
  destroy(): void;
};

/** The reader may stop at any time with `destroy`: that is what bounds a small body that decompresses to a huge one. */
export function createBodyDecoder(
  contentEncoding: string | undefined,
  sink: BodySink,
): BodyDecoder | { readonly kind: 'unknown'; readonly reason: string } {
  const coding = (contentEncoding ?? '').trim().toLowerCase();
  switch (coding) {
    case '':
    case 'identity':
      return { kind: 'decoder', write: sink.onData, end: sink.onEnd, destroy: () => {} };
    case 'gzip':
    case 'x-gzip':
      return zlibDecoder(coding, () => createGunzip(), sink);
    case 'br':
      return zlibDecoder(coding, () => createBrotliDecompress(), sink);
    case 'deflate':
      // RFC 9110 means the zlib format; some servers send raw deflate. A zlib header's first four bits are 8.
      return zlibDecoder(coding, (first) => ((first & 0x0f) === 8 ? createInflate() : createInflateRaw()), sink);
    default:
      return { kind: 'unknown', reason: `content encoding ${JSON.stringify(shorten(coding, 40))} is not understood` };
  }
}

type Inflater = ReturnType<typeof createGunzip> | ReturnType<typeof createBrotliDecompress>;

function zlibDecoder(coding: string, create: (firstByte: number) => Inflater, sink: BodySink): BodyDecoder {
  let inflater: Inflater | null = null;
  let finished = false;
  const begin = (firstByte: number): Inflater => {
    const created = create(firstByte);
    created.on('data', (bytes: Buffer) => {
      if (!finished) sink.onData(bytes);
    });
    created.on('end', () => {
      if (!finished) sink.onEnd();
    });
    created.on('error', (error) => {
      if (!finished) sink.onError(`the ${coding} body is damaged: ${error.message}`);
    });
    return created;
  };
  return {
    kind: 'decoder',
    write(bytes) {
      if (finished || bytes.length === 0) return;
      inflater ??= begin(bytes[0] ?? 0);
      // A copy: the socket's buffer is used again before the thread pool is done with it.
      inflater.write(Buffer.from(bytes));
    },
    end() {
      if (finished) return;
      if (inflater === null) sink.onEnd();
      else inflater.end();
    },
    destroy() {
      finished = true;
      inflater?.destroy();
    },
  };
}
