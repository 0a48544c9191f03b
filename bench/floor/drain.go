// drain BYTES COUNT FILLS FILL: as drain.c, by ReadBatch of golang.org/x/net/ipv4, with the control messages parsed.
package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/net/ipv4"
)

const batch = 64

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func number(text string) int {
	value, err := strconv.Atoi(text)
	must(err)
	return value
}

func main() {
	bytes, each, fills := number(os.Args[1]), number(os.Args[2]), number(os.Args[3])
	connection, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	must(err)
	raw, err := connection.SyscallConn()
	must(err)
	must(raw.Control(func(fd uintptr) {
		must(syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUFFORCE, 64<<20))
		must(syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_TIMESTAMPNS, 1))
	}))
	packets := ipv4.NewPacketConn(connection)
	must(packets.SetControlMessage(ipv4.FlagDst|ipv4.FlagInterface, true))
	port := connection.LocalAddr().(*net.UDPAddr).Port
	filler := exec.Command(os.Args[4], strconv.Itoa(port), os.Args[1], os.Args[2], "plain")
	ask, err := filler.StdinPipe()
	must(err)
	answer, err := filler.StdoutPipe()
	must(err)
	must(filler.Start())

	messages := make([]ipv4.Message, batch)
	for i := range messages {
		messages[i].Buffers = [][]byte{make([]byte, bytes)}
		messages[i].OOB = make([]byte, 256)
	}
	one := make([]byte, 1)
	var spent time.Duration
	taken := 0
	for round := 0; round < fills; round++ {
		_, err = ask.Write(one)
		must(err)
		_, err = answer.Read(one)
		must(err)
		start := time.Now()
		for read := 0; read < each; {
			got, err := packets.ReadBatch(messages, 0)
			must(err)
			for i := 0; i < got; i++ {
				var control ipv4.ControlMessage
				must(control.Parse(messages[i].OOB[:messages[i].NN]))
				if control.Dst == nil || messages[i].Addr == nil {
					os.Exit(1)
				}
				taken += messages[i].N
			}
			read += got
		}
		spent += time.Since(start)
	}
	ask.Close()
	if taken != each*fills*bytes {
		os.Exit(1)
	}
	fmt.Printf("%.1f\n", float64(spent.Nanoseconds())/float64(each*fills))
}
