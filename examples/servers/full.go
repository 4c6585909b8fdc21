// All guarantees of PROTOCOL.md in Go: go run full.go 8080. Needs a module with github.com/gorilla/websocket: before it,
// go mod init server && go get github.com/gorilla/websocket
//
// The application, from authenticate to handle, is the test app of docs/CONFORMANCE.md: put your own there. All is in
// memory, under one lock. A client that leaves more than maxUnread frames unread is cut off, and resumes.
package main

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const (
	keep      = 1000 // messages of each stream
	maxUnread = 8192 // frames of each connection
	ids       = 10 * time.Minute
)

type frame = map[string]any

// The default stream has the empty name.
type stream struct {
	epoch     string
	head      int64
	log       [][]byte
	followers map[*link]bool
}

type link struct {
	socket    *websocket.Conn
	out       chan []byte // to be written
	work      chan frame  // to be handled
	done      chan struct{}
	principal string
	who       string
	conn      int64
	retired   bool // a newer connection is there: only what has begun or was proved by a pong is handled
	busy      bool // a message is handled, or an older connection is waited for
	came      int  // messages that were read
	proved    int  // of these, before the last pong
	ended     int  // of these, that are done with
}

var (
	lock     sync.Mutex // guards all below, and what changes of a link
	moved    = sync.NewCond(&lock)
	streams  = map[string]*stream{}
	links    = map[string]*link{}
	answers  = map[string]frame{} // by client and id
	later    = map[string]bool{}
	wrongWay = map[string]bool{"pong": true, "welcome": true, "subscribed": true, "unsubscribed": true,
		"reset": true, "ack": true, "nack": true, "goaway": true}
)

// The principal of a token, or the code to close with.
func authenticate(token string) (string, int) {
	switch token {
	case "", "ann", "bob":
		return token, 0
	case "banned":
		return "", 4403
	}
	return "", 4401
}

// Why a channel is not given, if it is not.
func refusal(channel string) frame {
	if channel == "forbidden" {
		return frame{"code": "forbidden", "message": "not for you"}
	}
	return nil
}

// Handles one message, and returns the ack or nack.
func handle(message frame, id string, from *link) frame {
	kind, channel := text(message["type"]), text(message["channel"])
	if kind == "test:slow" {
		time.Sleep(300 * time.Millisecond)
	}
	lock.Lock()
	defer lock.Unlock()
	switch kind {
	case "test:refuse":
		return frame{"type": "nack", "code": "refused", "message": "as you asked"}
	case "test:later":
		if !later[id] {
			later[id] = true
			return frame{"type": "nack", "code": "later", "message": "not now", "retry": true}
		}
	case "test:forget":
		streamOf(channel).log = nil
		return frame{"type": "ack"}
	case "test:revoke":
		for to := range streamOf(channel).followers {
			to.send(frame{"type": "unsubscribed", "channel": channel, "code": "revoked", "message": "as you asked"})
		}
		streamOf(channel).followers = map[*link]bool{}
		return frame{"type": "ack"}
	case "test:goaway":
		from.send(frame{"type": "goaway", "within": 500})
		time.AfterFunc(600*time.Millisecond, func() { from.close(1012, "restart") })
		return frame{"type": "ack"}
	}
	return frame{"type": "ack", "data": frame{"seq": streamOf(channel).publish(message)}}
}

// The lock is held.
func streamOf(name string) *stream {
	if streams[name] == nil {
		streams[name] = &stream{epoch: random(), followers: map[*link]bool{}}
	}
	return streams[name]
}

// The lock is held.
func (s *stream) publish(message frame) int64 {
	s.head++
	message["seq"] = s.head
	bytes, _ := json.Marshal(message)
	s.log = append(s.log, bytes)
	if len(s.log) > keep {
		s.log = s.log[1:]
	}
	for to := range s.followers {
		to.write(bytes)
	}
	return s.head
}

// Says from where a client continues, replays, and goes on live. The lock is held, so nothing comes in between.
func (s *stream) follow(to *link, hello frame, last int64, epoch string) {
	if epoch == s.epoch && last > s.head {
		s.epoch = random() // our numbers went back
	}
	seq := s.head
	if last >= 0 {
		oldest := s.head - int64(len(s.log))
		isKnown := last <= s.head && (epoch == "" || epoch == s.epoch)
		if seq = oldest; isKnown && last > oldest {
			seq = last
		}
		hello["recovered"] = s.head - seq
	}
	hello["epoch"], hello["seq"], hello["contiguous"] = s.epoch, seq, true
	to.send(hello)
	for _, bytes := range s.log[int64(len(s.log))-(s.head-seq):] {
		to.write(bytes)
	}
	s.followers[to] = true
}

func (l *link) send(message frame) {
	bytes, _ := json.Marshal(message)
	l.write(bytes)
}

func (l *link) write(bytes []byte) {
	select {
	case l.out <- bytes:
	default:
		l.socket.Close() // it reads too slowly, and resumes when it is back
	}
}

func (l *link) close(code int, reason string) {
	end := websocket.FormatCloseMessage(code, reason)
	l.socket.WriteControl(websocket.CloseMessage, end, time.Now().Add(time.Second))
	l.socket.UnderlyingConn().SetReadDeadline(time.Now().Add(5 * time.Second)) // for the answer
}

// Makes this the only connection of its client. False if there is a newer one.
func (l *link) takeOver() bool {
	lock.Lock()
	defer lock.Unlock()
	older := links[l.who]
	if older != nil && older.conn > l.conn {
		return false
	}
	links[l.who] = l
	if older != nil {
		l.busy, older.retired = true, true
		for older.busy || older.ended < older.proved {
			moved.Wait()
		}
		l.busy = false
		moved.Broadcast()
		go older.close(4409, "taken over") // not awaited: that end may be dead
	}
	return !l.retired
}

func (l *link) read(in frame) {
	kind, channel := text(in["type"]), text(in["channel"])
	lock.Lock()
	defer lock.Unlock()
	switch {
	case l.retired || wrongWay[kind]:
	case kind == "ping":
		in["type"] = "pong"
		l.proved = l.came // a client sends these never again
		l.send(in)
	case kind == "auth":
		answer := frame{"type": "nack", "code": "unauthorized", "message": "token refused"}
		if principal, code := authenticate(text(in["token"])); code == 0 && principal == l.principal {
			answer = frame{"type": "ack"}
		}
		answer["messageId"] = in["messageId"]
		l.send(answer)
	case kind == "subscribe":
		l.subscribe(channel, in)
	case kind == "unsubscribe":
		delete(streamOf(channel).followers, l)
	default:
		select {
		case l.work <- in:
			l.came++
		default:
			l.close(4429, "too many messages")
		}
	}
}

// The lock is held.
func (l *link) subscribe(channel string, in frame) {
	answer := frame{"type": "subscribed", "ref": in["ref"]}
	if channel != "" {
		answer["channel"] = channel
	}
	if why := refusal(channel); why != nil {
		answer["type"], answer["code"], answer["message"] = "unsubscribed", why["code"], why["message"]
		l.send(answer)
		return
	}
	delete(streamOf(channel).followers, l)
	streamOf(channel).follow(l, answer, toSeq(in["lastSeq"]), text(in["epoch"]))
}

// Handles messages in their order, one by one, also after the end of the connection. So when an id comes again, the
// first has come to its end: a client has one connection at a time.
func (l *link) handleAll() {
	for message := range l.work {
		lock.Lock()
		wanted := !l.retired || l.ended < l.proved
		l.busy = wanted
		lock.Unlock()
		if wanted {
			l.take(message)
		}
		lock.Lock()
		l.busy = false
		l.ended++
		moved.Broadcast()
		lock.Unlock()
	}
}

// An id that comes again gets the same answer and runs nothing. A nack with retry is not remembered.
func (l *link) take(message frame) {
	id := text(message["messageId"])
	delete(message, "messageId")
	key := fmt.Sprintf("%q %q", l.who, id)
	lock.Lock()
	known := answers[key]
	lock.Unlock()
	if known == nil {
		known = handle(message, id, l)
	}
	if id == "" {
		return
	}
	lock.Lock()
	defer lock.Unlock()
	if answers[key] == nil && known["retry"] == nil {
		answers[key] = known
		time.AfterFunc(ids+time.Minute, func() { lock.Lock(); delete(answers, key); lock.Unlock() })
	}
	answer := frame{"messageId": id}
	for name, value := range known {
		answer[name] = value
	}
	l.send(answer)
}

func (l *link) writeAll() {
	for {
		select {
		case bytes := <-l.out:
			l.socket.WriteMessage(websocket.TextMessage, bytes)
		case <-l.done:
			return
		}
	}
}

func serve(response http.ResponseWriter, request *http.Request) {
	upgrader := websocket.Upgrader{}
	socket, err := upgrader.Upgrade(response, request, nil)
	if err != nil {
		return
	}
	defer socket.Close()
	socket.SetReadLimit(65_536)
	query := request.URL.Query()
	principal, refused := authenticate(query.Get("token"))
	client := query.Get("client")
	if client == "" {
		client = random()
	}
	l := &link{socket: socket, out: make(chan []byte, maxUnread), work: make(chan frame, 1024), done: make(chan struct{}),
		principal: principal, who: fmt.Sprintf("%q %q", principal, client), conn: toSeq(query.Get("conn"))}
	defer l.leave()
	isIn := refused == 0 && l.takeOver()
	if refused != 0 {
		l.close(refused, "token refused")
	} else if !isIn {
		l.close(4409, "a newer connection is there")
	} else {
		lock.Lock()
		welcome := frame{"type": "welcome", "v": 1, "ids": ids.Milliseconds()}
		streamOf("").follow(l, welcome, toSeq(query.Get("lastSeq")), query.Get("epoch"))
		lock.Unlock()
		go l.writeAll()
		go l.handleAll()
	}
	for {
		_, reader, err := socket.NextReader()
		if err != nil {
			return // the end, or the answer to our close
		}
		var in frame
		decoder := json.NewDecoder(reader)
		decoder.UseNumber() // so that t goes back as it came
		if decoder.Decode(&in) != nil || decoder.More() || text(in["type"]) == "" {
			l.close(1007, "not a frame")
		} else if isIn {
			l.read(in)
		}
	}
}

func (l *link) leave() {
	lock.Lock()
	defer lock.Unlock()
	close(l.work)
	for _, s := range streams {
		delete(s.followers, l)
	}
	for l.ended < l.came {
		moved.Wait()
	}
	close(l.done)
	if links[l.who] == l {
		delete(links, l.who)
	}
}

func text(value any) string {
	found, _ := value.(string)
	return found
}

// A safe integer from outside, or -1.
func toSeq(value any) int64 {
	seq, err := strconv.ParseInt(fmt.Sprint(value), 10, 64)
	if err != nil || seq < 0 || seq >= 1<<53 {
		return -1
	}
	return seq
}

func random() string {
	bytes := make([]byte, 8)
	rand.Read(bytes)
	return hex.EncodeToString(bytes)
}

func main() {
	port := "8080"
	if len(os.Args) > 1 {
		port = os.Args[1]
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		panic(err)
	}
	fmt.Println("listening on", listener.Addr().(*net.TCPAddr).Port)
	panic(http.Serve(listener, http.HandlerFunc(serve)))
}
