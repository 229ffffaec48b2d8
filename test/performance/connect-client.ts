import { Client, type ClientConfig } from 'pg';

/** A bare client. That its connection breaks shows in its next query; alone it must not end the process. */
export async function connectClient(config: ClientConfig & { readonly pipeline?: boolean }): Promise<Client> {
  const client = new Client(config);
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
