import { setTimeout as sleep } from 'node:timers/promises';
import { execute, GraphQLInt, GraphQLObjectType, GraphQLSchema, subscribe, validate } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import { type RestartingServer, startRestartingServer } from './restarting-server.js';

/** Answers the life of the server, once and as a stream. */
const schemaOf = (life: number): GraphQLSchema =>
  new GraphQLSchema({
    query: new GraphQLObjectType({
      name: 'Query',
      fields: {
        life: {
          type: GraphQLInt,
          async resolve() {
            await sleep(20);
            return life;
          },
        },
      },
    }),
    subscription: new GraphQLObjectType({
      name: 'Subscription',
      fields: {
        lives: {
          type: GraphQLInt,
          async *subscribe() {
            for (;;) {
              yield { lives: life };
              await sleep(10);
            }
          },
        },
      },
    }),
  });

export const startGraphqlServer = (): Promise<RestartingServer> =>
  startRestartingServer((server, life) => {
    // A test runner may load graphql twice, as ESM and as CommonJS, and each knows only its own schemas.
    useServer({ schema: schemaOf(life), execute, subscribe, validate }, new WebSocketServer({ server }));
  });
