import { z } from 'zod';

declare const kind: unique symbol;

/**
 * A URL of the file server that grants what it names to anybody who has it, for about an hour (seafile-api D.5, E.1).
 * Never to be logged.
 */
export type Link = string & { readonly [kind]: 'link' };

/** A link as the web API tells it. */
export const linkOnWire = z
  .string()
  .refine((text) => URL.canParse(text) && /^https?:/i.test(text), 'not a link')
  .transform((text) => text as Link);
