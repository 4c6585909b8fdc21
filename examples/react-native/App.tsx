import NetInfo from '@react-native-community/netinfo';
import { type ReactElement, useEffect, useState, useSyncExternalStore } from 'react';
import { AppState, Button, FlatList, Text, TextInput, View } from 'react-native';
import { queue, ReliableSocket } from 'reliable-socket';
import { reactNativeLifecycle } from './lifecycle.js';

interface Chat {
  readonly type: 'chat';
  readonly from?: string;
  readonly text: string;
}

// Outside of the component: one conversation, however often the screen is made anew. Its server: ../plain-server.ts
const socket = new ReliableSocket<Chat, Chat>('wss://example.com/chat', {
  policies: { chat: queue({ ack: 'message' }) },
  lifecycle: reactNativeLifecycle(AppState, NetInfo),
});
const watchState = (changed: () => void) => socket.on('state', changed);

export default function App(): ReactElement {
  const state = useSyncExternalStore(watchState, () => socket.state);
  const [messages, setMessages] = useState<readonly Chat[]>([]);
  const [text, setText] = useState('');
  useEffect(() => socket.onMessage('chat', (message) => setMessages((all) => [...all, message])), []);
  const send = (): void => {
    socket.send({ type: 'chat', from: 'me', text });
    setText('');
  };
  return (
    <View>
      <Text>{state.status}</Text>
      <FlatList data={messages} renderItem={({ item }) => <Text>{`${item.from}: ${item.text}`}</Text>} />
      <TextInput value={text} onChangeText={setText} onSubmitEditing={send} />
      <Button title="Send" onPress={send} />
    </View>
  );
}
