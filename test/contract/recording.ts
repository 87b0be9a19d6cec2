import { readFileSync } from 'node:fs';
import { z } from 'zod';

const content = z.object({
  text: z.string().optional(),
  base64: z.string().optional(),
  pseudoRandom: z.object({ length: z.number(), sha1: z.string() }).optional(),
});

const exchange = z.object({
  name: z.string(),
  note: z.string().optional(),
  request: z.object({
    method: z.string(),
    url: z.string(),
    headers: z.record(z.string(), z.string()).optional(),
    form: z.record(z.string(), z.string()).optional(),
    json: z.unknown().optional(),
    multipart: z.array(content.extend({ name: z.string(), filename: z.string().optional() })).optional(),
    body: content.optional(),
  }),
  response: content.extend({
    status: z.number(),
    headers: z.record(z.string(), z.string()).optional(),
    json: z.unknown().optional(),
  }),
  captures: z.array(z.string()).optional(),
});

const recording = z.object({ about: z.string(), exchanges: z.array(exchange) });

/** Bytes of a request or answer. */
export type Content = z.infer<typeof content>;
/** One request and what the real server answered. */
export type Exchange = z.infer<typeof exchange>;
export type Recording = z.infer<typeof recording>;

/** Reads a file of recordings. */
export function readRecording(name: string): Recording {
  const text = readFileSync(new URL(`../recordings/${name}.json`, import.meta.url), 'utf8');
  return recording.parse(JSON.parse(text));
}
