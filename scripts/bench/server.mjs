// The embedded server against what is asked of it: commits a second in one library, bytes a second both ways, how fast it
// starts, and how much memory it takes while a large file goes up and down. Everything runs on this machine.
//   node scripts/bench/server.mjs [commits|bytes|start|memory]...
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { run, Stage } from './stage/stage.mjs';
import { line, median, mib } from './stage/table.mjs';

const COMMITS = 400;
const LARGE_MIB = 512;
const HUGE_MIB = 4096;
const BLOCK = 8 << 20;

const wanted = process.argv.slice(2);
const wants = (name) => wanted.length === 0 || wanted.includes(name);

/** The server's web API and sync protocol, over connections that are kept. */
class Client {
  #agent = new Agent({ connections: 16, pipelining: 1 });

  static async of(stage) {
    const client = new Client();
    client.stage = stage;
    const form = new URLSearchParams(stage.credentials).toString();
    client.token = (await client.#json('POST', '/api2/auth-token/', form)).token;
    const made = await client.#json('POST', '/api2/repos/', 'name=bench');
    client.library = made.repo_id;
    client.syncToken = made.token;
    return client;
  }

  async #json(method, path, form) {
    const headers = { ...(this.token && { authorization: `Token ${this.token}` }) };
    if (form !== undefined) headers['content-type'] = 'application/x-www-form-urlencoded';
    const answer = await request(this.stage.url + path, { method, headers, body: form, dispatcher: this.#agent });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw new Error(`${method} ${path}: ${answer.statusCode} ${text}`);
    return JSON.parse(text);
  }

  mkdir(path) {
    return this.#json('POST', `/api2/repos/${this.library}/dir/?p=${path}`, 'operation=mkdir');
  }

  link(kind, path) {
    return this.#json('GET', `/api2/repos/${this.library}/${kind}/?p=${path}&reuse=1`);
  }

  async block(method, id, body) {
    const url = `${this.stage.fileServer}/repo/${this.library}/block/${id}`;
    const headers = { 'seafile-repo-token': this.syncToken };
    const answer = await request(url, { method, headers, body, dispatcher: this.#agent });
    let bytes = 0;
    for await (const piece of answer.body) bytes += piece.length;
    if (answer.statusCode !== 200) throw new Error(`${method} block: ${answer.statusCode}`);
    return bytes;
  }

  close() {
    return this.#agent.close();
  }
}

async function onServer(options, work) {
  const stage = await Stage.open(options);
  const client = await Client.of(stage);
  try {
    await work(stage, client);
  } finally {
    await client.close();
    await stage.close();
  }
}

async function rate(count, parallel, one) {
  let next = 0;
  const started = performance.now();
  const worker = async () => {
    while (next < count) await one(next++);
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  return (count * 1000) / (performance.now() - started);
}

async function commits() {
  for (const fsync of [true, false]) {
    await onServer({ fsync }, async (_, client) => {
      for (const parallel of [1, 8]) {
        await rate(50, parallel, (n) => client.mkdir(`/warm${parallel}-${n}`));
        const found = await rate(COMMITS, parallel, (n) => client.mkdir(`/d${parallel}-${n}`));
        const what = `commits a second in one library, ${parallel} at once${fsync ? '' : ', --no-fsync'}`;
        line(what, found.toFixed(0), '>= 100', found >= 100);
      }
    });
  }
}

/** A file of random bytes. */
function makeFile(path, sizeMib) {
  const fd = openSync(path, 'w');
  const piece = randomBytes(1 << 20);
  for (let written = 0; written < sizeMib; written++) {
    piece.writeUInt32LE(written);
    writeSync(fd, piece);
  }
  closeSync(fd);
}

/** @returns MB (10^6 bytes) a second */
async function speed(bytes, work) {
  const speeds = [];
  for (let time = 0; time < 3; time++) {
    const started = performance.now();
    await work(time);
    speeds.push(bytes / 1000 / (performance.now() - started));
  }
  return median(speeds);
}

const upload = async (client, file, name) => {
  const link = await client.link('upload-link', '/');
  const form = ['-F', 'parent_dir=/', '-F', 'replace=1', '-F', `file=@${file};filename=${name}`];
  await run('curl', ['-sSf', '-H', 'Expect:', ...form, link]);
};

const download = async (client, name) => {
  await run('curl', ['-sSf', '-o', '/dev/null', await client.link('file', `/${name}`)]);
};

/** What the disk below takes by itself: the same bytes into new files, without a server. @returns MB a second */
function diskSpeed(folder, file) {
  const content = readFileSync(file);
  return speed(content.length, (time) => {
    const fd = openSync(join(folder, `disk${time}`), 'w');
    for (let at = 0; at < content.length; ) at += writeSync(fd, content, at, Math.min(2 << 20, content.length - at));
    closeSync(fd);
  });
}

async function bytes() {
  const places = [
    { options: {}, how: '' },
    { options: { fsync: false }, how: ', --no-fsync' },
    // Where the disk cannot be what it waits for.
    { options: { fsync: false, data: mkdtempSync('/dev/shm/seamount-bench-') }, how: ', on tmpfs' },
  ];
  for (const { options, how } of places) {
    await onServer(options, async (stage, client) => {
      const file = join(stage.folder, 'large');
      makeFile(file, LARGE_MIB);
      const size = LARGE_MIB << 20;
      const disk = options.data ? Infinity : await diskSpeed(stage.folder, file);
      if (disk < Infinity) line(`the disk alone, new files written, MB/s${how}`, disk.toFixed(0), '');
      // A server is not faster than its disk.
      const least = Math.min(500, 0.9 * disk);
      const showWrite = (what, found) =>
        line(`${what}, MB/s${how}`, found.toFixed(0), `>= ${least.toFixed(0)}`, found >= least);
      const show = (what, found) => line(`${what}, MB/s${how}`, found.toFixed(0), '>= 500', found >= 500);
      showWrite('upload by curl', await speed(size, (time) => upload(client, file, `up${time}`)));
      show('download by curl', await speed(size, () => download(client, 'up0')));
      const blocks = Array.from({ length: 48 }, () => {
        const content = randomBytes(BLOCK);
        return { content, id: createHash('sha1').update(content).digest('hex') };
      });
      let round = 0;
      const put = async () => {
        // New ids: what the server has it does not store again. It does not verify them (as the real one).
        round += 1;
        await rate(blocks.length, 4, (n) => client.block('PUT', id(blocks[n].id, round), blocks[n].content));
      };
      showWrite('blocks sent, 4 at once', await speed(blocks.length * BLOCK, put));
      const get = () => rate(blocks.length, 4, (n) => client.block('GET', id(blocks[n].id, 1)));
      show('blocks fetched, 4 at once', await speed(blocks.length * BLOCK, get));
    });
    if (options.data) rmSync(options.data, { recursive: true });
  }
}

const id = (hash, round) => `${round.toString(16).padStart(2, '0')}${hash.slice(2)}`;

async function start() {
  const script = `
    const { startServer } = await import(${JSON.stringify(new URL('../../dist/server/index.js', import.meta.url).href)});
    const times = [];
    for (let n = 0; n < 5; n++) {
      const begun = performance.now();
      const server = await startServer({ memory: true });
      times.push(performance.now() - begun);
      await server.close();
    }
    console.log(JSON.stringify(times));`;
  const runs = [];
  for (let n = 0; n < 5; n++) {
    runs.push(JSON.parse(await run(process.execPath, ['--input-type=module', '-e', script])));
  }
  const first = median(runs.map(([time]) => time));
  const later = median(runs.flatMap(([, ...times]) => times));
  line('startServer({ memory: true }), the first in a process, ms', first.toFixed(0), '< 100', first < 100);
  line('startServer({ memory: true }), further ones, ms', later.toFixed(1), '< 100', later < 100);
}

async function memory() {
  await onServer({}, async (stage, client) => {
    const file = join(stage.folder, 'huge');
    makeFile(file, 1);
    truncateSync(file, HUGE_MIB * 2 ** 20);
    const peak = () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${stage.serverPid}/status`, 'utf8'))[1]) / 1024;
    const before = peak();
    await upload(client, file, 'huge');
    rmSync(file);
    const up = peak();
    await download(client, 'huge');
    const down = peak();
    const shown = (value) => mib(value * 2 ** 20);
    line('memory of the server before', shown(before), '');
    line(`peak while ${HUGE_MIB / 1024} GiB go up`, shown(up), '< 200 MiB', up < 200);
    line('peak after they went down, too', shown(down), '< 200 MiB', down < 200);
  });
}

if (wants('start')) await start();
if (wants('commits')) await commits();
if (wants('bytes')) await bytes();
if (wants('memory')) await memory();
