-- Haskell client 2: poems that are not here yet, printed in order as if they were.
module Main (main) where

import Control.Applicative ((<|>))
import Control.Concurrent
import Control.Exception
import Control.Monad
import qualified Data.ByteString.Char8 as S
import qualified Data.ByteString.Lazy.Char8 as L
import Data.Char (isDigit)
import Data.List (dropWhileEnd)
import GHC.IO.Encoding (getFileSystemEncoding)
import GHC.IO.Exception (IOException (ioe_description))
import Network.Socket
import System.Environment (getArgs)
import System.Exit
import System.IO
import Text.Printf

type Address = (HostName, ServiceName)

type Task = (Int, Address)

parseAddress :: String -> IO Address
parseAddress text
  | isPort = return (if null host then "127.0.0.1" else init host, port)
  | otherwise = refuse ("get-poetry: '" ++ port ++ "' is not a port from 1 to 65535")
  where
    host = dropWhileEnd (/= ':') text
    port = drop (length host) text
    isPort = not (null port) && all isDigit port && (read port :: Integer) `elem` [1 .. 65535]

parseArgs :: IO [Address]
parseArgs = do
  args <- getArgs
  when (null args) (refuse "usage: get-poetry [host]:port ...")
  mapM parseAddress args

refuse :: String -> IO a
refuse message = hPutStrLn stderr message >> exitWith (ExitFailure 2)

-- A name may stand for several addresses: connects to the first that answers.
connectTo :: Address -> IO Handle
connectTo (host, port) = do
  infos <- getAddrInfo (Just defaultHints {addrSocketType = Stream}) (Just host) (Just port)
  foldr1 (<|>) (map open infos)
  where
    open info = bracketOnError (openSocket info) close $ \sock -> do
      connect sock (addrAddress info)
      socketToHandle sock ReadMode

poemFailed :: Task -> IOException -> IO Bool
poemFailed (num, (host, port)) err = do
  hPrintf stderr "Task %d: %s:%s failed: %s\n" num host port (ioe_description err)
  return False

-- The poem is there once the connection is: who reads on waits for what has not come yet.
startTask :: Task -> IO (MVar (Either IOException L.ByteString))
startTask (_, address) = do
  poem <- newEmptyMVar
  _ <- forkIO (try (connectTo address >>= L.hGetContents) >>= putMVar poem)
  return poem

printPoem :: Task -> MVar (Either IOException L.ByteString) -> IO Bool
printPoem task result = (`catch` poemFailed task) $ do
  poem <- takeMVar result >>= either throwIO return
  mapM_ (S.putStrLn . L.toStrict) (L.lines (L.snoc poem '\n'))
  return True

main :: IO ()
main = do
  -- The encoding of arguments prints them in any locale; a poem is bytes.
  encoding <- getFileSystemEncoding
  forM_ [stdout, stderr] $ \out -> hSetEncoding out encoding >> hSetBuffering out LineBuffering
  addresses <- parseArgs
  let tasks = zip [1 ..] addresses
  poems <- mapM startTask tasks
  results <- zipWithM printPoem tasks poems
  unless (and results) exitFailure
