package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"sync"

	"github.com/willscott/go-nfs-client/nfs/xdr"
)

// transport is one connection to a server, on which requests wait for their answers for as long as it takes, as those of a
// mount with the option hard: the library's own sends them again, and loses its way where a server has stalled.
type transport struct {
	conn net.Conn

	mu      sync.Mutex
	last    uint32
	waiting map[uint32]chan []byte
}

func connect(address string) (*transport, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	t := &transport{conn: conn, waiting: map[uint32]chan []byte{}}
	go t.receive()
	return t, nil
}

// Call sends a request (header and arguments) and resolves with the results of what the server carried out.
func (t *transport) Call(request any) (io.Reader, error) {
	answered := make(chan []byte, 1)
	if err := t.send(request, answered); err != nil {
		return nil, err
	}
	answer, ok := <-answered
	if !ok {
		return nil, io.ErrUnexpectedEOF
	}
	results := bytes.NewReader(answer)
	var head struct {
		Type, Denied, Flavor uint32
		Verifier             []byte
		Refused              uint32
	}
	if err := xdr.Read(results, &head); err != nil {
		return nil, err
	}
	if head.Denied != 0 || head.Refused != 0 {
		return nil, fmt.Errorf("the server refused a call: %d, %d", head.Denied, head.Refused)
	}
	return results, nil
}

// send writes a request as one record (RFC 5531, 11).
func (t *transport) send(request any, answered chan []byte) error {
	t.mu.Lock()
	t.last++
	id := t.last
	t.waiting[id] = answered
	t.mu.Unlock()
	record := bytes.NewBuffer(make([]byte, 4))
	const call = 0
	if err := xdr.Write(record, &struct {
		ID, Type uint32
		Body     any
	}{id, call, request}); err != nil {
		return err
	}
	binary.BigEndian.PutUint32(record.Bytes(), uint32(record.Len()-4)|lastFragment)
	_, err := t.conn.Write(record.Bytes()) // whole, whoever else writes
	return err
}

const lastFragment = 1 << 31

// receive hands out answers until the connection ends, and with it all that wait.
func (t *transport) receive() {
	for {
		record, err := t.record()
		t.mu.Lock()
		if err != nil || len(record) < 4 {
			for _, one := range t.waiting {
				close(one)
			}
			t.waiting = map[uint32]chan []byte{}
			t.mu.Unlock()
			return
		}
		id := binary.BigEndian.Uint32(record)
		if one, ok := t.waiting[id]; ok {
			one <- record[4:]
			delete(t.waiting, id)
		}
		t.mu.Unlock()
	}
}

func (t *transport) record() ([]byte, error) {
	var record []byte
	for {
		var mark [4]byte
		if _, err := io.ReadFull(t.conn, mark[:]); err != nil {
			return nil, err
		}
		size := binary.BigEndian.Uint32(mark[:])
		fragment := make([]byte, size&^lastFragment)
		if _, err := io.ReadFull(t.conn, fragment); err != nil {
			return nil, err
		}
		record = append(record, fragment...)
		if size&lastFragment != 0 {
			return record, nil
		}
	}
}
