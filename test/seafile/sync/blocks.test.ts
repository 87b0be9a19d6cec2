import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { blockId, EMPTY_FILE, encodeFile, fileId, hashBlock } from '../../../src/seafile/objects/index.ts';
import { SyncClient } from '../../../src/seafile/sync/index.ts';
import { kindOf } from '../failure.ts';
import { type Exchange, type Expected, pseudoRandom, REPO, ReplayServer, recorded } from '../replay.ts';

const sync = recorded('08-sync-protocol');
let replay: ReplayServer;
let client: SyncClient;
let fileServer: ReplayServer['fileServer'];
const device = { id: `${'0'.repeat(39)}1`, name: 'contract', version: '0.1.0' };

beforeEach(async () => {
  replay = await new ReplayServer().start();
  fileServer = replay.fileServer;
  client = new SyncClient({ fileServer, library: REPO, token: replay.syncToken, device });
});

afterEach(async () => {
  await fileServer.transport.close();
  expect(await replay.stop()).toEqual([]);
});

/** The same request to a route of which both forms exist, with and without the final slash. */
const slashed = (exchange: Exchange, rest: Partial<Expected> = {}): Expected => ({
  exchange,
  path: `${replay.path(exchange).replace(/\/$/, '')}/`,
  ...rest,
});

describe('blocks', () => {
  it('are read and verified', async () => {
    const recordedBlock = sync('block: get');
    replay.expect(recordedBlock);
    const block = await client.getBlock(blockId(replay.value('BLOCK1')));
    expect(Buffer.from(block).equals(pseudoRandom(1_500_000))).toBe(true);
  });

  it('with another content than their id says are not taken', async () => {
    replay.expect({ exchange: sync('block: get'), path: `/fs/repo/${REPO}/block/${replay.value('BLOCK2')}` });
    expect(await kindOf(client.getBlock(blockId(replay.value('BLOCK2'))))).toBe('corrupt-answer');
  });

  it('that are missing are an error', async () => {
    replay.expect(sync('block: get unknown'));
    expect(await kindOf(client.getBlock(blockId(`${'0'.repeat(39)}1`)))).toBe('server-failed');
  });

  it('are stored', async () => {
    const text = Buffer.from('written through the sync protocol\n');
    replay.set('NEW_BLOCK', hashBlock(text));
    replay.expect(sync('block: put'));
    await client.putBlock(hashBlock(text), text);
  });

  it('that the server lacks are found', async () => {
    replay.expect(slashed(sync('check-blocks')));
    const unknown = blockId(`${'0'.repeat(39)}1`);
    expect([...(await client.checkBlocks([blockId(replay.value('BLOCK1')), unknown]))]).toEqual([unknown]);
  });

  it('of a file are listed with their sizes', async () => {
    replay.expect(sync('block-map of a file'));
    expect(await client.blockMap(fileId(replay.value('BIG_ID')))).toEqual([3_000_000]);
    expect(encodeFile([], 0).id).toBe(EMPTY_FILE);
  });
});
