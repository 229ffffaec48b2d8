/** The part of Fastify's reply that the operators' controllers use. */
export interface OperatorReply {
  code(statusCode: number): OperatorReply;
  header(name: string, value: string): OperatorReply;
  send(body: unknown): unknown;
}
