import type { z } from 'zod';
import { unexpectedAnswer } from './failures.ts';
import { answerText, type HttpAnswer, type HttpRequest } from './request.ts';

/**
 * Reads an answer as JSON of a certain form.
 *
 * @throws SeafileError `not-seafile` when it is a web page, `corrupt-answer` when it has another form
 */
export function answerJson<T>(
  request: Pick<HttpRequest, 'what' | 'method' | 'url'>,
  answer: HttpAnswer,
  schema: z.ZodType<T>,
): T {
  let value: unknown;
  try {
    value = JSON.parse(answerText(answer));
  } catch (error) {
    throw unexpectedAnswer(request, answer, 'something that is no JSON', error);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const place = issue && issue.path.length > 0 ? `at "${issue.path.join('.')}": ` : '';
  throw unexpectedAnswer(request, answer, `JSON of another form (${place}${issue?.message ?? 'unknown'})`);
}
