import { z } from 'zod';
import { unexpectedAnswer } from '../http/failures.ts';
import type { HttpRequest, Transport } from '../http/index.ts';
import { answerJson } from '../http/json.ts';
import type { Link } from '../link.ts';
import type { FileId } from '../objects/index.ts';
import { checkedName, checkedPath } from '../web/paths.ts';
import { fileIdOnWire } from '../web/wire.ts';
import { multipart } from './multipart.ts';

export interface Upload {
  /** The folder the link is for. */
  readonly folder: string;
  readonly name: string;
  readonly content: Uint8Array;
  /**
   * Take the place of what has this name, a folder included; otherwise the server chooses another name when it is taken
   * (seafile-api E.3).
   */
  readonly replace: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** What was stored. The name may be wrong when others upload the same name at once; the id is right. */
export interface Uploaded {
  readonly name: string;
  readonly id: FileId;
  /** Bytes. */
  readonly size: number;
}

/**
 * Uploads one file in one request (seafile-api E.2).
 *
 * @throws SeafileError `rejected` also for names that have no form every file server reads; `quota`, `too-large`;
 * `forbidden` when the link has expired or is for another folder
 */
export async function uploadFile(transport: Transport, link: Link, upload: Upload): Promise<Uploaded> {
  const form = multipart(
    [
      { name: 'parent_dir', value: checkedPath(upload.folder) },
      { name: 'replace', value: upload.replace ? '1' : '0' },
    ],
    [{ filename: checkedName(upload.name), content: upload.content }],
  );
  const url = new URL(link);
  url.searchParams.set('ret-json', '1');
  const request: HttpRequest = {
    what: `upload ${upload.name} into ${upload.folder}`,
    method: 'POST',
    url,
    side: 'file',
    headers: { 'content-type': form.contentType },
    body: form.bytes,
    repeatable: upload.replace,
    signal: upload.signal,
  };
  const answer = await transport.request(request);
  const stored = answerJson(
    request,
    answer,
    z.array(z.object({ name: z.string(), id: fileIdOnWire, size: z.number() })),
  )[0];
  if (!stored) throw unexpectedAnswer(request, answer, 'an empty list of files');
  return stored;
}
